# SPDX-License-Identifier: MIT
# cmake -DCOMPILER=... -DINCLUDE=... -DSOURCE=... -P check.cmake
# The source says in its first lines what the compiler must print: `// expect: <regex>`. It has to be refused with such
# a message, and with -DFIXED it has to compile, so that the planted misuse is the reason and nothing else.

cmake_minimum_required(VERSION 3.25)

file(STRINGS ${SOURCE} lines LIMIT_COUNT 5 REGEX "^// expect: ")
if(NOT lines MATCHES "^// expect: ([^;]+)$")
  message(FATAL_ERROR "${SOURCE} needs one line '// expect: <regex>' among its first five")
endif()
set(expected "${CMAKE_MATCH_1}")

set(ENV{LC_ALL} C)
function(compile result output)
  execute_process(
    COMMAND ${COMPILER} -std=c++20 -fsyntax-only -pthread -I${INCLUDE} ${ARGN} ${SOURCE}
    RESULT_VARIABLE status
    OUTPUT_VARIABLE text
    ERROR_VARIABLE text)
  set(${result} "${status}" PARENT_SCOPE)
  set(${output} "${text}" PARENT_SCOPE)
endfunction()

compile(status output -DFIXED)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "${SOURCE} has to compile with -DFIXED, but did not (${status}):\n${output}")
endif()
compile(status output)
if(status EQUAL 0)
  message(FATAL_ERROR "${SOURCE} compiled, but this misuse has to be refused")
endif()
if(NOT output MATCHES "error" OR NOT output MATCHES "${expected}")
  message(FATAL_ERROR "${SOURCE} was refused, but not with a message that matches '${expected}':\n${output}")
endif()
