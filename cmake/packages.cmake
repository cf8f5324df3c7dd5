# SPDX-License-Identifier: MIT
# The one list of the packages (Debian's and Ubuntu's names) that building and testing need, and how they are installed.

# Each entry: package|what shows that it is there: `program`, `header` or `file`, then names, of which any will do.
macro(beat_list_packages)
  set(beat_packages #
      "g++|program|$ENV{CXX},c++,g++" #
      "cmake|program|cmake" #
      "ninja-build|program|ninja,make" #
      "catch2|header|catch2/catch_all.hpp,catch2/catch.hpp" #
      "libbenchmark-dev|header|benchmark/benchmark.h" #
      "libtbb-dev|header|oneapi/tbb.h")
  foreach(switch HWLOC NUMA)
    if(BEAT_WITH_${switch} OR NOT (DEFINED BEAT_WITH_${switch} OR BEAT_PORTABLE))
      string(TOLOWER ${switch} name)
      list(APPEND beat_packages "lib${name}-dev|header|${name}.h")
    endif()
  endforeach()
  if(CMAKE_CXX_COMPILER MATCHES "clang\\+\\+-19$")
    list(APPEND beat_packages "clang-19|program|clang++-19"
         "libclang-rt-19-dev|file|/usr/lib/llvm-19/lib/clang/19/include/sanitizer/tsan_interface.h"
         "libomp-19-dev|file|/usr/lib/llvm-19/lib/libomp.so")
  endif()
endmacro()

# The packages whose program or header is not there.
function(beat_missing_packages result)
  beat_list_packages()
  set(missing "")
  foreach(entry IN LISTS beat_packages)
    string(REGEX MATCH "^(.*)[|](.*)[|](.*)$" matched "${entry}")
    set(package ${CMAKE_MATCH_1})
    set(kind ${CMAKE_MATCH_2})
    string(REPLACE "," ";" names "${CMAKE_MATCH_3}")
    unset(found)
    unset(found CACHE)
    if(kind STREQUAL program)
      find_program(found NAMES ${names})
    elseif(kind STREQUAL header)
      find_file(found NAMES ${names} PATHS /usr/local/include /usr/include)
    elseif(EXISTS ${names})
      set(found TRUE)
    endif()
    if(NOT found)
      list(APPEND missing ${package})
    endif()
  endforeach()
  set(${result} ${missing} PARENT_SCOPE)
endfunction()

# Installs what is missing where that is possible; otherwise stops and says what to type.
function(beat_require_packages)
  beat_missing_packages(missing)
  if(NOT missing)
    return()
  endif()
  list(JOIN missing " " names)
  set(user "")
  find_program(apt_get apt-get)
  find_program(id id)
  if(id)
    execute_process(COMMAND ${id} -u OUTPUT_VARIABLE user OUTPUT_STRIP_TRAILING_WHITESPACE)
  endif()
  if(NOT apt_get)
    message(FATAL_ERROR "Missing: ${names} (Debian's names). This system has no apt-get: install what they are called "
                        "here, and say with -DCMAKE_PREFIX_PATH=... where they are if that is not /usr.")
  elseif(NOT user STREQUAL "0")
    message(FATAL_ERROR "Missing: ${names}. Only root can install them. Type\n"
                        "  sudo apt-get update && sudo apt-get install --yes --no-install-recommends ${names}\n"
                        "and start again.")
  endif()

  message(STATUS "Installing ${names}")
  set(ENV{DEBIAN_FRONTEND} noninteractive)
  set(install ${apt_get} install --yes --no-install-recommends ${missing})
  execute_process(COMMAND ${install} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    # The lists of packages are absent or too old.
    execute_process(COMMAND ${apt_get} update RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
    if(result EQUAL 0)
      execute_process(COMMAND ${install} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
    endif()
  endif()
  beat_missing_packages(missing)
  if(missing OR NOT result EQUAL 0)
    message(FATAL_ERROR "apt-get could not install ${names}:\n${output}")
  endif()
endfunction()
