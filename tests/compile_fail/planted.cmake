# SPDX-License-Identifier: MIT
# cmake -DCOMPILER=... -DDIRECTORY=<scratch> -DCHECK=<check.cmake> -P planted.cmake
# Proves that check.cmake fails when it should, on small cases that prove nothing.

cmake_minimum_required(VERSION 3.25)

function(expect name text expected)
  file(WRITE ${DIRECTORY}/${name}.cpp "${text}")
  execute_process(
    COMMAND ${CMAKE_COMMAND} -DCOMPILER=${COMPILER} -DINCLUDE=${DIRECTORY} -DSOURCE=${DIRECTORY}/${name}.cpp -P ${CHECK}
    RESULT_VARIABLE result
    OUTPUT_VARIABLE output
    ERROR_VARIABLE output)
  string(REGEX REPLACE "[ \n]+" " " output "${output}")  # CMake breaks the lines of a message
  if(expected STREQUAL "")
    if(NOT result EQUAL 0)
      message(SEND_ERROR "a good case was refused:\n${output}")
    endif()
  elseif(result EQUAL 0 OR NOT output MATCHES "${expected}")
    message(SEND_ERROR "the check did not print '${expected}' about ${name}:\n${output}")
  endif()
endfunction()

set(broken "#ifndef FIXED\nint i = unknown_name;\n#endif\n")
expect(good "// expect: unknown_name\n${broken}" "")
expect(compiles "// expect: unknown_name\nint i = 0;\n" "has to be refused")
expect(other_reason "// expect: another_name\n${broken}" "matches 'another_name'")
expect(never_compiles "// expect: unknown_name\nint i = unknown_name;\n" "compile with -DFIXED")
expect(no_expectation "${broken}" "needs one line")
