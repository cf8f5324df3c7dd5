# SPDX-License-Identifier: MIT
# cmake -DCOMPILER=... -DINCLUDE=... -P check.cmake
# Looks at the assembly of functions that fork: where nobody takes the job, there is no fence, no locked instruction, and
# no call but the user's. Then does the same with each of these planted, and expects to find it. For x86-64.

cmake_minimum_required(VERSION 3.25)

# What is wrong with the path through `function`: everything up to its last return. Paths that are taken only if somebody
# interferes lie behind it.
function(look function assembly result)
  set(${result} "" PARENT_SCOPE)
  string(FIND "${assembly}" "\n${function}:" begin)
  if(begin EQUAL -1)
    set(${result} "${function} is missing" PARENT_SCOPE)
    return()
  endif()
  string(SUBSTRING "${assembly}" ${begin} -1 body)
  string(FIND "${body}" ".cfi_endproc" end)
  string(FIND "${body}" ".text.unlikely" cold)
  if(cold GREATER -1 AND cold LESS end)
    set(end ${cold})
  endif()
  string(SUBSTRING "${body}" 0 ${end} body)
  string(FIND "${body}" "\tret" end REVERSE)
  string(SUBSTRING "${body}" 0 ${end} body)
  string(REGEX MATCHALL "call[a-z]*[ \t]+[^\n]*" calls "${body}")
  list(FILTER calls EXCLUDE REGEX "[ \t]user_(left|right)(@PLT)?$")
  if(NOT body MATCHES "user_left" OR NOT body MATCHES "user_right")
    set(${result} "${function} does not call the user's functions" PARENT_SCOPE)
  elseif(body MATCHES "[\t ](lock|mfence|lfence|sfence|xchg[a-z]*|cmpxchg[a-z]*)[\t ;\n]")
    set(${result} "${function} has '${CMAKE_MATCH_1}'" PARENT_SCOPE)
  elseif(calls)
    set(${result} "${function} has '${calls}'" PARENT_SCOPE)
  endif()
endfunction()

function(expect_in_all expected)
  execute_process(
    COMMAND ${COMPILER} -std=c++20 -O2 -DNDEBUG -S -o - -pthread -I${INCLUDE} ${ARGN}
            ${CMAKE_CURRENT_LIST_DIR}/fork_path.cpp
    OUTPUT_VARIABLE assembly
    ERROR_VARIABLE errors
    RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "fork_path.cpp does not compile:\n${errors}")
  endif()
  string(REGEX REPLACE "[];[]" "" assembly "${assembly}")
  foreach(function fork_by_join fork_by_context fork_by_pcall)
    look(${function} "${assembly}" problem)
    if(NOT problem MATCHES "^${expected}$")
      message(SEND_ERROR "Expected '${expected}', but '${problem}' (${ARGN})")
    endif()
  endforeach()
endfunction()

expect_in_all("")
expect_in_all(".* has '(lock|mfence|xchg)'" -DPLANTED_FENCE)
expect_in_all(".* has '(lock|xchg)'" -DPLANTED_LOCK)
expect_in_all(".* has 'call.*planted.*'" -DPLANTED_CALL)
