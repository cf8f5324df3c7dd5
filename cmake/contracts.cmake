# SPDX-License-Identifier: MIT
# The contracts of the source tree as ctests: each public header compiles on its own, and the layers hold.

# Public are beat.hpp, what it lists, and what stands beside it: what users include. They are in a target of their own,
# because they are to compile with the development warnings and beat must not carry those. CMake makes one source of each
# header and compiles it.
file(STRINGS ${PROJECT_SOURCE_DIR}/include/beat.hpp public_headers REGEX "^#include <beat/.*>$")
list(TRANSFORM public_headers REPLACE "^#include <(.*)>$" "\\1")
list(APPEND public_headers beat.hpp beat/task/coroutine.hpp beat/task/pool_scheduler.hpp)
list(TRANSFORM public_headers PREPEND ${PROJECT_SOURCE_DIR}/include/)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/include/beat.hpp)
add_library(beat_headers INTERFACE)
target_sources(
  beat_headers
  INTERFACE FILE_SET
            HEADERS
            BASE_DIRS
            ${PROJECT_SOURCE_DIR}/include
            FILES
            ${public_headers})
target_link_libraries(beat_headers INTERFACE beat::beat beat_development)
set_target_properties(beat_headers PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")  # what one compiler shows is true for all
  add_test(NAME "contract: each public header compiles on its own"
           COMMAND ${CMAKE_COMMAND} --build ${CMAKE_BINARY_DIR} --target beat_headers_verify_interface_header_sets)
  set_tests_properties("contract: each public header compiles on its own" PROPERTIES LABELS contract TIMEOUT 1200)
endif()

add_test(NAME "contract: headers include only what their layer may"
         COMMAND ${CMAKE_COMMAND} -DROOT=${PROJECT_SOURCE_DIR} -P ${PROJECT_SOURCE_DIR}/cmake/check_layers.cmake)
add_test(NAME "contract: the check of the layers finds planted violations"
         COMMAND ${CMAKE_COMMAND} -DDIRECTORY=${CMAKE_CURRENT_BINARY_DIR}/planted_layers -P
                 ${PROJECT_SOURCE_DIR}/tests/contracts/planted_layers.cmake)
set_tests_properties("contract: headers include only what their layer may"
                     "contract: the check of the layers finds planted violations" PROPERTIES LABELS contract
                                                                                             TIMEOUT 120)

# No fence, no locked instruction and no call on the path of a fork that nobody takes.
if(CMAKE_SYSTEM_PROCESSOR STREQUAL x86_64 AND CMAKE_CXX_COMPILER_ID MATCHES "GNU|Clang")
  add_test(NAME "contract: a fork that nobody takes costs no more than stores and a test"
           COMMAND ${CMAKE_COMMAND} -DCOMPILER=${CMAKE_CXX_COMPILER} -DINCLUDE=${PROJECT_SOURCE_DIR}/include -P
                   ${PROJECT_SOURCE_DIR}/tests/contracts/fork_path/check.cmake)
  set_tests_properties("contract: a fork that nobody takes costs no more than stores and a test"
                       PROPERTIES LABELS contract TIMEOUT 300)
endif()
