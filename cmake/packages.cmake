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
      "libtbb-dev|header|oneapi/tbb.h" #
      "pkg-config|program|pkg-config" #
      "python3|program|python3")
  foreach(switch HWLOC NUMA)
    if(BEAT_WITH_${switch} OR NOT (DEFINED BEAT_WITH_${switch} OR BEAT_PORTABLE))
      string(TOLOWER ${switch} name)
      list(APPEND beat_packages "lib${name}-dev|header|${name}.h")
    endif()
  endforeach()
  if(beat_boots_a_machine)
    list(APPEND beat_packages "qemu-system-x86|program|qemu-system-x86_64" "cpio|program|cpio")
  endif()
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
  beat_apt(problem ${apt_get} install --yes --no-install-recommends ${missing})
  beat_missing_packages(missing)
  if(missing OR problem)
    message(FATAL_ERROR "apt-get could not install ${names}:\n${problem}")
  endif()
endfunction()

# Runs a command; once more with fresh lists of packages where it failed, as they may be absent or too old. `problem` is
# empty, or what was said where that failed too.
function(beat_apt problem)
  set(${problem} "" PARENT_SCOPE)
  set(ENV{DEBIAN_FRONTEND} noninteractive)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    execute_process(COMMAND apt-get update RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
    if(result EQUAL 0)
      execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
    endif()
  endif()
  if(NOT result EQUAL 0)
    set(${problem} "${output}\n(${result})" PARENT_SCOPE)
  endif()
endfunction()

# Puts the kernel that tests/numa boots into a file, unless it is there: the smallest one of the system, which is that
# for virtual machines. It is taken out of its package: installed, it would become a kernel of this machine.
function(beat_fetch_kernel file)
  find_program(apt_get apt-get)
  if(EXISTS ${file} OR NOT apt_get)
    return()
  endif()
  message(STATUS "Fetching a kernel for tests/numa")
  set(fetch
      [[
      set -e
      mkdir -p "$1.part"
      cd "$1.part"
      # Debian's name and Ubuntu's. Either depends on the newest.
      package=$(apt-cache depends linux-image-cloud-amd64 linux-image-virtual |
                sed -n 's/.*Depends: \(linux-image-.*\)/\1/p' | head -n 1)
      apt-get download "$package"
      dpkg-deb --fsys-tarfile "$package"_*.deb | tar --extract --to-stdout --wildcards './boot/vmlinuz-*' > kernel
      mv kernel "$1"
      rm -r "$1.part"
      ]])
  beat_apt(problem sh -c "${fetch}" sh ${file})
  if(problem)
    message(FATAL_ERROR "No kernel for tests/numa could be fetched with apt-get:\n${problem}")
  endif()
endfunction()
