# SPDX-License-Identifier: MIT
# beat_development: the warnings and sanitizers of beat's own programs. beat::beat never links it, so users get none.
# beat_sanitizers: the sanitizers alone, for code of others that is compiled here.

set(CMAKE_CXX_EXTENSIONS OFF)
add_library(beat_sanitizers INTERFACE)
add_library(beat_development INTERFACE)
target_link_libraries(beat_development INTERFACE beat_sanitizers)
target_compile_options(
  beat_development
  INTERFACE -Wall
            -Wextra
            -Wpedantic
            -Wshadow
            -Wconversion
            -Wsign-conversion
            -Wold-style-cast
            -Wundef
            -Werror)

if(BEAT_SANITIZE)
  string(REPLACE "," ";" sanitizers "${BEAT_SANITIZE}")
  foreach(sanitizer IN LISTS sanitizers)
    if(NOT sanitizer MATCHES "^(thread|address|undefined|leak)$")
      message(FATAL_ERROR "BEAT_SANITIZE=${BEAT_SANITIZE}: there is no sanitizer '${sanitizer}'. Use thread, or one or "
                          "more of address, undefined and leak with commas between them, or nothing.")
    endif()
  endforeach()
  if("thread" IN_LIST sanitizers AND NOT BEAT_SANITIZE STREQUAL thread)
    message(FATAL_ERROR "BEAT_SANITIZE=${BEAT_SANITIZE}: the thread sanitizer works with no other. Build twice, with "
                        "-DBEAT_SANITIZE=thread and with the rest.")
  endif()
  target_compile_options(beat_sanitizers INTERFACE -fsanitize=${BEAT_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(beat_sanitizers INTERFACE -fsanitize=${BEAT_SANITIZE})
  if("undefined" IN_LIST sanitizers)
    # Without this a finding is printed and the program goes on to succeed.
    target_compile_options(beat_sanitizers INTERFACE -fno-sanitize-recover=all)
  endif()
endif()
