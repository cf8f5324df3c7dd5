# SPDX-License-Identifier: MIT
# cmake -DPROGRAM=... -DCATCH2_VERSION=... -DPREFIX=... -DPROPERTIES=... -DOUTPUT=... -P discover.cmake
# Asks a test program for its test cases and writes the file that makes each of them a ctest.

if(CATCH2_VERSION VERSION_GREATER_EQUAL 3)
  set(list_options --list-tests --verbosity quiet)
  set(run_options "")
else()
  set(list_options --list-test-names-only)
  set(run_options --warn NoTests)  # version 3 does so anyway: a name that matches no test is a failure
endif()

execute_process(COMMAND ${PROGRAM} ${list_options} OUTPUT_VARIABLE output ERROR_VARIABLE errors RESULT_VARIABLE result)
# A list in CMake can't hold these characters.
if(output MATCHES "[];[]")
  message(FATAL_ERROR "A test case of ${PROGRAM} has one of the characters ; [ ] in its name: give it another name.\n"
                      "${output}")
endif()
string(REGEX REPLACE "\n$" "" names "${output}")
string(REPLACE "\n" ";" names "${names}")
list(LENGTH names count)

# Version 2 exits with the number of tests (in eight bits), version 3 with 0. Anything else is a crash, or a report.
set(expected 0)
if(CATCH2_VERSION VERSION_LESS 3)
  math(EXPR expected "${count} % 256")
endif()
if(count EQUAL 0 OR NOT result STREQUAL expected)
  message(FATAL_ERROR "${PROGRAM} could not list its tests: it printed ${count} names and ended with '${result}'.\n"
                      "${output}${errors}")
endif()

set(script "")
foreach(name IN LISTS names)
  # What Catch2 would read as a pattern: a comma, an escape, a quote, and an exclusion at the start.
  string(REGEX REPLACE "([\\,\"])" "\\\\\\1" pattern "${name}")
  string(REGEX REPLACE "^~" "\\\\~" pattern "${pattern}")
  string(APPEND script "add_test([==[${PREFIX}: ${name}]==] [==[${PROGRAM}]==] [==[${pattern}]==] ${run_options})\n"
                       "set_tests_properties([==[${PREFIX}: ${name}]==] PROPERTIES ${PROPERTIES})\n")
endforeach()
string(REPLACE ";" " " script "${script}")
file(WRITE ${OUTPUT} "${script}")
