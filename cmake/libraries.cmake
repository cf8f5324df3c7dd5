# SPDX-License-Identifier: MIT
# The libraries of BEAT_WITH_HWLOC and BEAT_WITH_NUMA. Read by CMakeLists.txt, and by beatConfig.cmake where beat is used.

# Makes the target beat::hwloc (for HWLOC) or beat::numa (for NUMA). Where the library is missing, `problem` says so and
# what to do; otherwise it is empty.
function(beat_find_library switch problem)
  set(${problem} "" PARENT_SCOPE)
  string(TOLOWER ${switch} name)
  if(TARGET beat::${name})
    return()
  endif()
  find_path(beat_${name}_include NAMES ${name}.h)
  find_library(beat_${name}_library NAMES ${name})
  mark_as_advanced(beat_${name}_include beat_${name}_library)
  set(version "")
  if(switch STREQUAL HWLOC AND beat_hwloc_include)
    file(STRINGS ${beat_hwloc_include}/hwloc.h version REGEX "^#define HWLOC_API_VERSION 0x0001")
  endif()
  if(NOT beat_${name}_include OR NOT beat_${name}_library OR version)
    set(${problem}
        "BEAT_WITH_${switch} is ON, but lib${name} and its header ${name}.h were not found, or are too old (hwloc before \
2.0). Install them (Debian and Ubuntu: 'apt-get install lib${name}-dev'), name their place with \
-DCMAKE_PREFIX_PATH=..., or let beat do without: -DBEAT_WITH_${switch}=OFF"
        PARENT_SCOPE)
    return()
  endif()
  add_library(beat::${name} UNKNOWN IMPORTED GLOBAL)
  set_target_properties(beat::${name} PROPERTIES IMPORTED_LOCATION ${beat_${name}_library}
                                                 INTERFACE_INCLUDE_DIRECTORIES ${beat_${name}_include})
endfunction()
