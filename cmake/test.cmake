# SPDX-License-Identifier: MIT

cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/script.cmake)

if(HELP)
  message("cmake [-DNAME=VALUE...] -P cmake/test.cmake
Installs what is missing (as root, with apt-get), builds beat's tests in build/test and runs them.

  -DCMAKE_CXX_COMPILER=clang++-19   another compiler
  -DBEAT_SANITIZE=thread            or address,undefined
  -DBEAT_PORTABLE=ON                standard C++ only
  -DLABEL=unit                      build and run only the tests with this ctest label, or with one of unit,stress
  -DJOBS=4                          build and run this many at a time; the default is one for each processor
Any other -DNAME=VALUE is passed on to CMake. A sanitizer, a compiler and BEAT_PORTABLE get a build tree of their own.")
  return()
endif()

include(${CMAKE_CURRENT_LIST_DIR}/packages.cmake)
beat_read_switches(switches HELP JOBS LABEL)
beat_set_jobs()

# The sources of a folder compile as one, in half the time. What is the same in every kind of build is shown in the plain
# one: that the benchmarks compile and give right answers, and how the machine of tests/numa is used, which needs
# packages that nothing else does.
list(PREPEND switches -DCMAKE_UNITY_BUILD=ON)
set(is_plain TRUE)
if(BEAT_SANITIZE OR CMAKE_CXX_COMPILER OR BEAT_PORTABLE)
  set(is_plain FALSE)
  list(PREPEND switches -DBEAT_BUILD_BENCH=OFF)
endif()
cmake_host_system_information(RESULT processor QUERY OS_PLATFORM)
set(beat_boots_a_machine FALSE)
if(is_plain AND processor STREQUAL x86_64 AND (NOT LABEL OR ",${LABEL}," MATCHES ",numa,"))
  set(beat_boots_a_machine TRUE)
endif()
beat_require_packages()

# One build tree for each kind of build.
set(tree ${beat_root}/build/test)
if(BEAT_SANITIZE)
  string(REPLACE "," "-" suffix "${BEAT_SANITIZE}")
  string(APPEND tree "-${suffix}")
endif()
if(CMAKE_CXX_COMPILER)
  get_filename_component(suffix "${CMAKE_CXX_COMPILER}" NAME)
  string(APPEND tree "-${suffix}")
endif()
if(BEAT_PORTABLE)
  string(APPEND tree "-portable")
endif()

if(beat_boots_a_machine)
  beat_fetch_kernel(${tree}/vmlinuz)
endif()

set(generator "")
find_program(ninja ninja)
if(ninja AND NOT EXISTS ${tree}/CMakeCache.txt)
  set(generator -G Ninja)
endif()

# Optimised, as users run it, but with the assertions: RelWithDebInfo would define NDEBUG. Sanitizers hide what the
# second level of optimisation is for, and take long to compile with it; so does more to debug with than line numbers.
set(optimisation -O2)
if(BEAT_SANITIZE MATCHES "address")
  set(optimisation -O0)
elseif(BEAT_SANITIZE)
  set(optimisation -O1)
endif()
beat_run("Configuring" ${CMAKE_COMMAND} -S ${beat_root} -B ${tree} ${generator} -DCMAKE_BUILD_TYPE=RelWithDebInfo
         "-DCMAKE_CXX_FLAGS_RELWITHDEBINFO=${optimisation} -g1" ${switches})

set(targets all)
set(selection "")
if(LABEL)
  string(REPLACE "," ";" targets "${LABEL}")
  list(TRANSFORM targets PREPEND label_)
  string(REPLACE "," "|" labels "${LABEL}")
  set(selection --label-regex "^(${labels})$" --no-tests=error)
endif()
beat_run("Building" ${CMAKE_COMMAND} --build ${tree} --parallel ${JOBS} --target ${targets})
beat_run("Testing" ${CMAKE_CTEST_COMMAND} --test-dir ${tree} --output-on-failure --parallel ${JOBS} ${selection})
