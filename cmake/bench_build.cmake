# SPDX-License-Identifier: MIT
# What bench.cmake and bench_bars.cmake share: a build for this machine, and how programs are run.

include(${CMAKE_CURRENT_LIST_DIR}/packages.cmake)

# Where that is allowed, benchmarks run with a real-time priority, so that other processes do not disturb them.
set(beat_priority "")
find_program(chrt chrt)
if(chrt)
  execute_process(COMMAND ${chrt} --fifo 10 true RESULT_VARIABLE refused OUTPUT_QUIET ERROR_QUIET)
  if(refused EQUAL 0)
    set(beat_priority ${chrt} --fifo 10)
  endif()
endif()

# Builds the benchmarks with `compiler`, or the default one if it is empty: PROBLEM's if that is set, otherwise all.
macro(beat_build_benchmarks compiler tree_result programs_result)
  set(CMAKE_CXX_COMPILER "${compiler}")
  beat_read_switches(switches HELP JOBS PROBLEM QUICK UPDATE_README CMAKE_CXX_COMPILER)
  beat_set_jobs()
  beat_require_packages()
  set(${tree_result} ${beat_root}/build/bench)
  if(NOT "${compiler}" STREQUAL "")
    get_filename_component(suffix "${compiler}" NAME)
    string(APPEND ${tree_result} "-${suffix}")
    list(PREPEND switches "-DCMAKE_CXX_COMPILER=${compiler}")
  endif()
  set(generator "")
  find_program(ninja ninja)
  if(ninja AND NOT EXISTS ${${tree_result}}/CMakeCache.txt)
    set(generator -G Ninja)
  endif()
  set(target all)
  if(PROBLEM)
    if(NOT IS_DIRECTORY ${beat_root}/bench/${PROBLEM})
      message(FATAL_ERROR "There is no problem ${PROBLEM}: the folders of bench/ are the problems")
    endif()
    set(target bench_${PROBLEM})
  endif()
  # clang 19 warns of what it itself makes of -march=native on CPUs with AVX10.
  set(flags "-march=native -falign-functions=32 -Wno-invalid-feature-combination")
  beat_run("Configuring" ${CMAKE_COMMAND} -S ${beat_root} -B ${${tree_result}} ${generator} -DCMAKE_BUILD_TYPE=Release
           "-DCMAKE_CXX_FLAGS=${flags}" -DBEAT_BUILD_TESTS=OFF -DBEAT_BUILD_EXAMPLES=OFF ${switches})
  beat_run("Building" ${CMAKE_COMMAND} --build ${${tree_result}} --parallel ${JOBS} --target ${target})
  file(GLOB ${programs_result} ${${tree_result}}/bench/bench_*)
  if(PROBLEM)
    set(${programs_result} ${${tree_result}}/bench/bench_${PROBLEM})
  endif()
endmacro()
