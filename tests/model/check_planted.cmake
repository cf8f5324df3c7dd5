# SPDX-License-Identifier: MIT
# cmake -DPROGRAM=... -P check_planted.cmake
# The program has a planted bug: it has to fail with a violation that the explorer found, and that its schedule shows.

# Most bugs need no preemption or one, and with so few most tests are quick.
foreach(attempt "0 *" "1 ~[long]" "1 [long]" "2 ~[long]" "4 *")
  string(REPLACE " " ";" attempt ${attempt})
  list(POP_FRONT attempt preemptions)
  execute_process(COMMAND ${CMAKE_COMMAND} -E env BEAT_MODEL_PREEMPTIONS=${preemptions} ${PROGRAM} ${attempt} --abort
                  OUTPUT_VARIABLE output ERROR_VARIABLE output RESULT_VARIABLE result)
  if(NOT result EQUAL 0 AND output MATCHES "\nviolation: [^\n]+\nBEAT_MODEL_SCHEDULE=[0-9a-z]+\n")
    message("${preemptions} preemptions at most: ${CMAKE_MATCH_0}")
    return()
  endif()
endforeach()
message(FATAL_ERROR "The planted bug was not found (the program ended with '${result}'):\n${output}")
