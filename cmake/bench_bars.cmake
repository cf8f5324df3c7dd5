# SPDX-License-Identifier: MIT

cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/script.cmake)

if(HELP)
  message("cmake [-DNAME=VALUE...] -P cmake/bench_bars.cmake
Builds the benchmarks with g++ and clang++-19 and checks the numbers that each problem has to reach (bench/*/bars.cpp):
a line for each, 'ok' or 'MISSED'. A missed one is measured again, twice at most. Fails if one is missed.

  -DPROBLEM=fib                     only this problem
  -DPLACEMENT=compact               beat's workers have CPUs of their own; or scatter
  -DCMAKE_CXX_COMPILER=clang++-19   only this compiler
  -DJOBS=4                          build this many at a time")
  return()
endif()

include(${CMAKE_CURRENT_LIST_DIR}/bench_build.cmake)
set(compilers g++ clang++-19)
if(CMAKE_CXX_COMPILER)
  set(compilers ${CMAKE_CXX_COMPILER})
endif()
set(runs "")
foreach(compiler IN LISTS compilers)
  beat_build_benchmarks(${compiler} tree programs)
  foreach(program IN LISTS programs)
    list(APPEND runs "${compiler}|${program}")
  endforeach()
endforeach()

set(missed "")
set(last "")
foreach(run IN LISTS runs)
  string(REPLACE "|" ";" run "${run}")
  list(POP_FRONT run compiler)
  if(NOT compiler STREQUAL last)
    message("\n${compiler}")
    set(last ${compiler})
  endif()
  execute_process(COMMAND ${beat_priority} ${run} --bars --rounds=3 RESULT_VARIABLE result)
  if(NOT result EQUAL 0)
    string(REGEX REPLACE "^.*/bench_" "" problem ${run})
    list(APPEND missed "${problem} (${compiler})")
  endif()
endforeach()
if(missed)
  list(JOIN missed ", " names)
  message(FATAL_ERROR "Bars were missed: ${names}")
endif()
message("\nAll bars were reached")
