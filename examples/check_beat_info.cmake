# SPDX-License-Identifier: MIT
# Runs beat-info (PROGRAM): its text has all sections, its JSON is JSON whatever is in it, and it refuses what it does
# not know.

cmake_minimum_required(VERSION 3.25)

function(run expected_result arguments)
  execute_process(COMMAND ${PROGRAM} ${arguments} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE errors)
  if(NOT result EQUAL ${expected_result})
    message(FATAL_ERROR "beat-info ${arguments} ended with ${result}:\n${output}${errors}")
  endif()
  set(output "${output}" PARENT_SCOPE)
  set(errors "${errors}" PARENT_SCOPE)
endfunction()

function(expect what pattern text)
  if(NOT text MATCHES "${pattern}")
    message(FATAL_ERROR "${what} has no ${pattern}:\n${text}")
  endif()
endfunction()

# The one string that a test can choose, with all that JSON wants to have escaped.
string(ASCII 1 control)
string(ASCII 255 no_utf8)
set(awkward "a\"b\\c\nd\te${control}f")
set(ENV{BEAT_NUM_THREADS} "${awkward}")

set(sections version machine limits recommended_options memory pressure perf_counters warnings)
run(0 "")
foreach(section IN LISTS sections)
  expect("the text" "(^|\n)${section}(:|\n)" "${output}")
endforeach()

run(0 --json)
foreach(section IN LISTS sections)
  string(JSON ignored GET "${output}" ${section})  # an error where it is not there
endforeach()
string(JSON threads GET "${output}" limits BEAT_NUM_THREADS)
string(JSON warning GET "${output}" warnings 0)
string(FIND "${warning}" "${awkward}" position)
if(NOT threads STREQUAL awkward OR position EQUAL -1)
  message(FATAL_ERROR "BEAT_NUM_THREADS came back as '${threads}', and in the warning '${warning}'")
endif()
# CMake's parser also takes what JSON does not allow: control characters, and bytes that are not UTF-8.
expect("the JSON" "c[\\]u000ad[\\]u0009e[\\]u0001f" "${output}")
string(JSON workers GET "${output}" recommended_options workers)
string(JSON places LENGTH "${output}" recommended_options cpus_of_workers)
if(NOT workers EQUAL places)
  message(FATAL_ERROR "${workers} workers have ${places} places:\n${output}")
endif()

set(ENV{BEAT_NUM_THREADS} "${no_utf8}")
run(0 --json)
expect("a string that is not UTF-8" "\"BEAT_NUM_THREADS\":\"[\\]ufffd\"" "${output}")

run(0 --help)
expect("the help" "beat-info .--json." "${output}")
run(2 --unknown)
expect("the error" "knows no '--unknown'.*beat-info .--json." "${errors}")
