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

set(compile ${COMPILER} -std=c++20 ${CMAKE_CURRENT_LIST_DIR}/main.cpp -o ${DIRECTORY}/consumer)
if(WAY MATCHES "find_package|pkg_config")
  run("Installing beat" ${CMAKE_COMMAND} --install ${BEAT_BUILD} --prefix ${DIRECTORY}/prefix)
endif()

if(WAY STREQUAL bare_compiler)
  run("Compiling the consumer" ${compile} -I${BEAT_SOURCE}/include -pthread)
elseif(WAY STREQUAL single_header)
  foreach(file beat.hpp again.hpp)
    run("Making the header" ${CMAKE_COMMAND} -DOUTPUT=${DIRECTORY}/${file} -P ${BEAT_SOURCE}/cmake/amalgamate.cmake)
  endforeach()
  file(READ ${DIRECTORY}/beat.hpp header)
  file(READ ${DIRECTORY}/again.hpp again)
  if(NOT header STREQUAL again OR header MATCHES "#include <beat")
    message(FATAL_ERROR "the header is not the same each time, or not all of it is in it")
  endif()
  run("Compiling the consumer" ${compile} -I${DIRECTORY} -pthread)
elseif(WAY STREQUAL pkg_config)
  # An installation may be moved.
  file(RENAME ${DIRECTORY}/prefix ${DIRECTORY}/moved)
  set(ENV{PKG_CONFIG_PATH} ${DIRECTORY}/moved/share/pkgconfig)
  execute_process(COMMAND ${PKG_CONFIG} --define-prefix --cflags --libs "beat = ${BEAT_VERSION}" OUTPUT_VARIABLE flags
                          OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  separate_arguments(flags UNIX_COMMAND "${flags}")
  foreach(switch HWLOC NUMA)
    if(BEAT_WITH_${switch} AND NOT "-DBEAT_WITH_${switch}=1" IN_LIST flags)
      message(FATAL_ERROR "pkg-config says nothing of BEAT_WITH_${switch}: ${flags}")
    endif()
  endforeach()
  run("Compiling the consumer" ${compile} ${flags})
  run("Running the consumer" ${DIRECTORY}/consumer)
  # What was installed can be removed, and nothing else is.
  file(RENAME ${DIRECTORY}/moved ${DIRECTORY}/prefix)
  file(WRITE ${DIRECTORY}/prefix/include/other.hpp "")
  run("Uninstalling beat" ${CMAKE_COMMAND} --build ${BEAT_BUILD} --target uninstall)
  file(GLOB_RECURSE left RELATIVE ${DIRECTORY}/prefix ${DIRECTORY}/prefix/*)
  if(NOT left STREQUAL "include/other.hpp" OR EXISTS ${DIRECTORY}/prefix/include/beat)
    message(FATAL_ERROR "after beat was uninstalled this is left: ${left}")
  endif()
else()
  if(WAY STREQUAL find_package AND BEAT_BUILD_EXAMPLES)
    run("Running the installed tool" ${DIRECTORY}/prefix/bin/beat-info)
  endif()
  run("Configuring the consumer"
      ${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR}/consumer -B ${DIRECTORY} -G ${GENERATOR}
      -DCMAKE_MAKE_PROGRAM=${MAKE_PROGRAM} -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_EXPORT_COMPILE_COMMANDS=ON
      -DCMAKE_PREFIX_PATH=${DIRECTORY}/prefix -DWAY=${WAY} -DBEAT_SOURCE=${BEAT_SOURCE} -DBEAT_VERSION=${BEAT_VERSION}
      -DBEAT_WITH_HWLOC=${BEAT_WITH_HWLOC} -DBEAT_WITH_NUMA=${BEAT_WITH_NUMA})
  file(READ ${DIRECTORY}/compile_commands.json commands)
  if(WAY STREQUAL tuned)
    if(NOT commands MATCHES " -m(arch|cpu)=native" OR NOT commands MATCHES " -flto")
      message(FATAL_ERROR "the consumer is not tuned:\n${commands}")
    endif()
  elseif(NOT commands MATCHES "main.cpp" OR commands MATCHES " -(W|f|march|O)")
    message(FATAL_ERROR "beat gave its user options that nobody asked for, or no source at all:\n${commands}")
  endif()
  run("Building the consumer" ${CMAKE_COMMAND} --build ${DIRECTORY})
endif()
run("Running the consumer" ${DIRECTORY}/consumer)
