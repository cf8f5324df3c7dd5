# SPDX-License-Identifier: MIT
# What the quick-start scripts (test.cmake, demo.cmake) share.

get_filename_component(beat_root ${CMAKE_CURRENT_LIST_DIR} DIRECTORY)

# Reads the command line: each -DNAME=VALUE is passed on to the configuration, except the script's own names (ARGN).
# A BEAT_ name that CMakeLists.txt does not know is an error, because a misspelt switch would otherwise do nothing.
function(beat_read_switches result)
  file(STRINGS ${beat_root}/CMakeLists.txt known REGEX "^(option|set)\\(BEAT_[A-Z_]+")
  list(TRANSFORM known REPLACE "^[a-z]+\\((BEAT_[A-Z_]+).*" "\\1")
  set(switches "")
  set(previous "")
  math(EXPR last "${CMAKE_ARGC} - 1")
  foreach(index RANGE ${last})
    set(argument "${CMAKE_ARGV${index}}")
    if(previous STREQUAL "-D")
      set(argument "-D${argument}")
    endif()
    set(previous "${CMAKE_ARGV${index}}")
    if(NOT argument MATCHES "^-D([A-Za-z0-9_]+)[:=]")
      continue()
    endif()
    set(name ${CMAKE_MATCH_1})
    if(name IN_LIST ARGN)
      continue()
    endif()
    if(name MATCHES "^BEAT_" AND NOT name IN_LIST known)
      list(JOIN known ", " names)
      message(FATAL_ERROR "There is no switch ${name}. The switches are: ${names}")
    endif()
    list(APPEND switches "${argument}")
  endforeach()
  set(${result} "${switches}" PARENT_SCOPE)
endfunction()

# How many jobs to run at a time: -DJOBS=n, or one for each processor. The builds that tests start read it too.
macro(beat_set_jobs)
  if(NOT JOBS)
    cmake_host_system_information(RESULT JOBS QUERY NUMBER_OF_LOGICAL_CORES)
  endif()
  set(ENV{CMAKE_BUILD_PARALLEL_LEVEL} ${JOBS})
endmacro()

# Runs a command in the open, and stops where it fails.
function(beat_run what)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${what} failed (${result})")
  endif()
endfunction()
