# SPDX-License-Identifier: MIT
# cmake -DPROGRAM=... -P with_few_threads.cmake
# Runs a program as a user who may have 40 threads, and prints what it printed. That is not root, whom no limit stops; and
# since others may not be able to enter the program's directory, it is a copy that runs. Says so where nobody else can be
# had.

cmake_minimum_required(VERSION 3.25)
string(RANDOM LENGTH 3 ALPHABET 0123456789 number)
set(user setpriv --reuid=60${number} --clear-groups)
execute_process(COMMAND ${user} true RESULT_VARIABLE failed)
if(failed)
  message("not tested: a test that is not run by root can play no other user")
  return()
endif()

execute_process(COMMAND mktemp -d /tmp/beat-test-XXXXXXXX OUTPUT_VARIABLE directory OUTPUT_STRIP_TRAILING_WHITESPACE
                                                                          COMMAND_ERROR_IS_FATAL ANY)
cmake_path(GET PROGRAM FILENAME name)
execute_process(COMMAND sh -c "cp '${PROGRAM}' ${directory} && chmod -R 755 ${directory}" COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${user} prlimit --nproc=40 ${directory}/${name} RESULT_VARIABLE failed)
file(REMOVE_RECURSE ${directory})
if(failed)
  message(FATAL_ERROR "${name} as user 60${number} in ${directory}: ${failed}")
endif()
