# SPDX-License-Identifier: MIT

cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/script.cmake)

if(HELP)
  message("cmake [-DNAME=VALUE...] -P cmake/demo.cmake
Builds the example word_count in build/demo and lets it count the words of the compiler's own headers.
It needs git, cmake and g++, and nothing else. -DNAME=VALUE is passed on to CMake.")
  return()
endif()

beat_read_switches(switches HELP JOBS)
beat_set_jobs()
set(tree ${beat_root}/build/demo)

find_program(compiler NAMES ${CMAKE_CXX_COMPILER} $ENV{CXX} c++ g++ clang++)
if(NOT compiler)
  message(FATAL_ERROR "No C++ compiler was found. Install one (Debian and Ubuntu: 'apt-get install g++'), or name it: "
                      "-DCMAKE_CXX_COMPILER=...")
endif()
find_program(ninja ninja)
find_program(make NAMES make gmake)

if(ninja OR make OR EXISTS ${tree}/CMakeCache.txt)
  set(generator "")
  if(ninja AND NOT EXISTS ${tree}/CMakeCache.txt)
    set(generator -G Ninja)
  endif()
  message(STATUS "Configuring a Release build in build/demo")
  beat_run("Configuring" ${CMAKE_COMMAND} -S ${beat_root} -B ${tree} ${generator} -DCMAKE_BUILD_TYPE=Release
           -DBEAT_BUILD_TESTS=OFF -DBEAT_BUILD_BENCH=OFF -DBEAT_WITH_HWLOC=OFF -DBEAT_WITH_NUMA=OFF ${switches})
  message(STATUS "Building the example word_count")
  beat_run("Building" ${CMAKE_COMMAND} --build ${tree} --parallel ${JOBS} --target example_word_count)
  set(program ${tree}/examples/example_word_count)
else()
  # g++ brings no tool that CMake could generate for; one source needs none.
  message(STATUS "Neither ninja nor make is here: compiling the example word_count with ${compiler}")
  set(program ${tree}/example_word_count)
  file(MAKE_DIRECTORY ${tree})
  set(portable "")
  if(BEAT_PORTABLE)
    set(portable -DBEAT_PORTABLE=1)
  endif()
  beat_run("Compiling" ${compiler} -std=c++20 -O3 -DNDEBUG ${portable} -I${beat_root}/include
           ${beat_root}/examples/word_count.cpp -pthread -o ${program})
endif()

message(STATUS "Running it on the compiler's own headers")
beat_run("The example" ${program})
