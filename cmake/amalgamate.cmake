# SPDX-License-Identifier: MIT

cmake_minimum_required(VERSION 3.25)

if(HELP)
  message("cmake [-DOUTPUT=FILE] -P cmake/amalgamate.cmake
Writes all of beat into one header, by default build/single/beat.hpp: for who takes a library as a file. The same sources
give the same file.")
  return()
endif()

get_filename_component(root ${CMAKE_CURRENT_LIST_DIR} DIRECTORY)
if(NOT OUTPUT)
  set(OUTPUT ${root}/build/single/beat.hpp)
endif()

# Appends a header to the property `amalgam`, with what it includes of beat in place of the includes.
function(append header)
  get_property(done GLOBAL PROPERTY amalgam_done)
  if(header IN_LIST done)
    return()
  endif()
  set_property(GLOBAL APPEND PROPERTY amalgam_done ${header})
  file(READ ${root}/include/${header} text)
  string(REPLACE "#pragma once\n// SPDX-License-Identifier: MIT\n" "" text "${text}")
  while(text MATCHES "#include <(beat/[^>\n]*)>\n")
    set(included ${CMAKE_MATCH_1})
    set(line "${CMAKE_MATCH_0}")
    string(FIND "${text}" "${line}" position)
    string(SUBSTRING "${text}" 0 ${position} before)
    string(LENGTH "${line}" length)
    math(EXPR position "${position} + ${length}")
    string(SUBSTRING "${text}" ${position} -1 text)
    set_property(GLOBAL APPEND_STRING PROPERTY amalgam "${before}")
    append(${included})
  endwhile()
  set_property(GLOBAL APPEND_STRING PROPERTY amalgam "${text}")
endfunction()

file(READ ${root}/LICENSE license)
string(STRIP "${license}" license)
string(REPLACE "\n" "\n// " license "${license}")
string(REPLACE "// \n" "//\n" license "${license}")
set_property(GLOBAL PROPERTY amalgam "#pragma once\n// SPDX-License-Identifier: MIT
// beat in one header, as cmake/amalgamate.cmake makes it.\n//\n// ${license}\n\n")

append(beat.hpp)
file(GLOB_RECURSE headers RELATIVE ${root}/include ${root}/include/*.hpp)
list(SORT headers)
foreach(header IN LISTS headers)
  append(${header})
endforeach()

get_property(text GLOBAL PROPERTY amalgam)
file(WRITE ${OUTPUT} "${text}")
message(STATUS "beat: ${OUTPUT}")
