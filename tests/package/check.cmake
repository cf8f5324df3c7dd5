# SPDX-License-Identifier: MIT
# Takes beat in one WAY, builds the consumer with it in an empty DIRECTORY, and runs it. See CMakeLists.txt beside this.

cmake_minimum_required(VERSION 3.25)

function(run what)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${what} failed (${result})")
  endif()
endfunction()

file(REMOVE_RECURSE ${DIRECTORY})
file(MAKE_DIRECTORY ${DIRECTORY})

if(WAY STREQUAL bare_compiler)
  run("Compiling the consumer" ${COMPILER} -std=c++20 -I${BEAT_SOURCE}/include ${CMAKE_CURRENT_LIST_DIR}/main.cpp
      -pthread -o ${DIRECTORY}/consumer)
else()
  if(WAY STREQUAL find_package)
    run("Installing beat" ${CMAKE_COMMAND} --install ${BEAT_BUILD} --prefix ${DIRECTORY}/prefix)
    if(BEAT_BUILD_EXAMPLES)
      run("Running the installed tool" ${DIRECTORY}/prefix/bin/beat-info)
    endif()
  endif()
  run("Configuring the consumer"
      ${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR}/consumer -B ${DIRECTORY} -G ${GENERATOR}
      -DCMAKE_MAKE_PROGRAM=${MAKE_PROGRAM} -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_EXPORT_COMPILE_COMMANDS=ON
      -DCMAKE_PREFIX_PATH=${DIRECTORY}/prefix -DWAY=${WAY} -DBEAT_SOURCE=${BEAT_SOURCE} -DBEAT_VERSION=${BEAT_VERSION}
      -DBEAT_WITH_HWLOC=${BEAT_WITH_HWLOC} -DBEAT_WITH_NUMA=${BEAT_WITH_NUMA})
  file(READ ${DIRECTORY}/compile_commands.json commands)
  if(NOT commands MATCHES "main.cpp" OR commands MATCHES " -(W|f|march|O)")
    message(FATAL_ERROR "beat gave its user options that nobody asked for, or no source at all:\n${commands}")
  endif()
  run("Building the consumer" ${CMAKE_COMMAND} --build ${DIRECTORY})
endif()
run("Running the consumer" ${DIRECTORY}/consumer)
