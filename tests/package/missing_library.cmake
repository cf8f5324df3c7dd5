# SPDX-License-Identifier: MIT
# Configures beat where no library is found: each switch has to name the package, and how to do without.

cmake_minimum_required(VERSION 3.25)

function(configure result output)
  file(REMOVE_RECURSE ${DIRECTORY})
  execute_process(
    COMMAND
      ${CMAKE_COMMAND} -S ${BEAT_SOURCE} -B ${DIRECTORY} -G ${GENERATOR} -DCMAKE_MAKE_PROGRAM=${MAKE_PROGRAM}
      -DCMAKE_CXX_COMPILER=${COMPILER} -DBEAT_BUILD_TESTS=OFF -DBEAT_BUILD_BENCH=OFF -DBEAT_BUILD_EXAMPLES=OFF
      # There is nothing below this folder.
      -DCMAKE_FIND_ROOT_PATH=${DIRECTORY}/nothing -DCMAKE_FIND_ROOT_PATH_MODE_INCLUDE=ONLY
      -DCMAKE_FIND_ROOT_PATH_MODE_LIBRARY=ONLY ${ARGN}
    RESULT_VARIABLE code
    OUTPUT_VARIABLE text
    ERROR_VARIABLE text)
  string(REGEX REPLACE "[ \n]+" " " text "${text}")
  set(${result} ${code} PARENT_SCOPE)
  set(${output} "${text}" PARENT_SCOPE)
endfunction()

function(expect_error package switch)
  configure(result output ${ARGN})
  if(result EQUAL 0 OR NOT output MATCHES "apt-get install ${package}'" OR NOT output MATCHES "-D${switch}=OFF")
    message(FATAL_ERROR "without ${package} this was the answer (${result}):\n${output}")
  endif()
endfunction()

expect_error(libhwloc-dev BEAT_WITH_HWLOC)
expect_error(libhwloc-dev BEAT_WITH_HWLOC -DBEAT_WITH_NUMA=OFF)
expect_error(libnuma-dev BEAT_WITH_NUMA -DBEAT_WITH_HWLOC=OFF)
expect_error(libnuma-dev BEAT_WITH_NUMA -DBEAT_PORTABLE=ON -DBEAT_WITH_NUMA=ON)
foreach(switches "-DBEAT_WITH_HWLOC=OFF;-DBEAT_WITH_NUMA=OFF" "-DBEAT_PORTABLE=ON")
  configure(result output ${switches})
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${switches}: beat asks for more than it needs:\n${output}")
  endif()
endforeach()
