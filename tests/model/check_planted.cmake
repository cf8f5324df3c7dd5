# SPDX-License-Identifier: MIT
# cmake -DPROGRAM=... -P check_planted.cmake
# The program has a planted bug: it has to fail with a violation that the explorer found, and that its schedule shows.

execute_process(
  COMMAND ${CMAKE_COMMAND} -E env BEAT_MODEL_WEAKEN=nothing ${PROGRAM} --abort  # it may well do less than it should
  OUTPUT_VARIABLE output
  ERROR_VARIABLE output
  RESULT_VARIABLE result)
if(result EQUAL 0 OR NOT output MATCHES "\nviolation: [^\n]+\nBEAT_MODEL_SCHEDULE=[0-9a-z]+\n")
  message(FATAL_ERROR "The planted bug was not found (the program ended with '${result}'):\n${output}")
endif()
message("${CMAKE_MATCH_0}")
