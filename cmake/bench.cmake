# SPDX-License-Identifier: MIT

cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/script.cmake)

if(HELP)
  message("cmake [-DNAME=VALUE...] -P cmake/bench.cmake
Builds the benchmarks in build/bench, optimised for this machine, and runs them: a table for each problem, and in
build/bench/results the rounds (Google Benchmark's JSON), the table (Markdown) and a plot (SVG).

  -DPROBLEM=fib                     only this problem
  -DPLACEMENT=compact               beat's workers have CPUs of their own; or scatter
  -DQUICK=ON                        fewer and shorter rounds
  -DUPDATE_README=ON                put the tables into bench/README.md
  -DCMAKE_CXX_COMPILER=clang++-19   another compiler, with a build tree of its own
  -DJOBS=4                          build this many at a time
Any other -DNAME=VALUE is passed on to CMake.")
  return()
endif()

include(${CMAKE_CURRENT_LIST_DIR}/bench_build.cmake)
beat_build_benchmarks("${CMAKE_CXX_COMPILER}" tree programs)

set(results ${tree}/results)
file(MAKE_DIRECTORY ${results})
set(quick "")
if(QUICK)
  set(quick --quick)
endif()
foreach(program IN LISTS programs)
  string(REGEX REPLACE "^.*/bench_" "" problem ${program})
  message(STATUS "${problem}")
  beat_run("The benchmark of ${problem}" ${beat_priority} ${program} ${quick} --out=${results})
endforeach()
message(STATUS "The results are in ${results}")

if(UPDATE_README)
  set(readme ${beat_root}/bench/README.md)
  file(READ ${readme} text)
  foreach(program IN LISTS programs)
    string(REGEX REPLACE "^.*/bench_" "" problem ${program})
    set(begin "<!-- table of ${problem} -->\n")
    set(end "<!-- end of ${problem} -->")
    string(FIND "${text}" "${begin}" first)
    string(FIND "${text}" "${end}" last)
    if(first EQUAL -1 OR last EQUAL -1)
      message(WARNING "bench/README.md has no lines '<!-- table of ${problem} -->' and '${end}' to put its table between")
      continue()
    endif()
    file(READ ${results}/${problem}.md table)
    string(SUBSTRING "${text}" 0 ${first} head)
    string(SUBSTRING "${text}" ${last} -1 tail)
    set(text "${head}${begin}${table}${tail}")
  endforeach()
  file(WRITE ${readme} "${text}")
endif()
