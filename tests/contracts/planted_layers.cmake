# SPDX-License-Identifier: MIT
# cmake -DDIRECTORY=<scratch> -P planted_layers.cmake
# Proves that cmake/check_layers.cmake fails when it should: plants one violation at a time in a small tree.

cmake_minimum_required(VERSION 3.25)
set(check ${CMAKE_CURRENT_LIST_DIR}/../../cmake/check_layers.cmake)

# Writes `text` to `header` of an otherwise clean tree, and runs the check. `expected` is what it must print; empty
# means that it must find nothing.
function(expect header text expected)
  file(REMOVE_RECURSE ${DIRECTORY})
  file(WRITE ${DIRECTORY}/include/beat.hpp "#include <beat/version.hpp>\n#include <beat/task/clean.hpp>\n")
  file(WRITE ${DIRECTORY}/include/beat/version.hpp "#include <string_view>\n")
  file(WRITE ${DIRECTORY}/include/beat/task/clean.hpp
       "#pragma once\n#include <vector>\n#include <beat/base/platform.hpp>\n// #include <beat/algorithm/sort.hpp>\n")
  file(WRITE ${DIRECTORY}/include/beat/base/platform.hpp "#include <sys/syscall.h>\n#  include <unistd.h>\n")
  file(WRITE ${DIRECTORY}/include/beat/runtime/deque.hpp "#include <atomic>\n#include <beat/base/config.hpp>\n")
  file(WRITE ${DIRECTORY}/include/beat/ext/server.hpp "#include <boost/asio.hpp>\n#include <beat/task/clean.hpp>\n")
  file(WRITE ${DIRECTORY}/include/${header} "${text}")
  execute_process(COMMAND ${CMAKE_COMMAND} -DROOT=${DIRECTORY} -P ${check} RESULT_VARIABLE result OUTPUT_VARIABLE output
                  ERROR_VARIABLE output)
  if(expected STREQUAL "")
    if(NOT result EQUAL 0)
      message(SEND_ERROR "a clean ${header} was refused:\n${text}\n${output}")
    endif()
  elseif(result EQUAL 0 OR NOT output MATCHES "${expected}")
    message(SEND_ERROR "the check did not print '${expected}' about include/${header}:\n${text}\n${output}")
  endif()
endfunction()

expect(beat/task/other.hpp "#pragma once\n#include <beat/runtime/deque.hpp>\n" "")
expect(beat/base/one.hpp "#pragma once\n\n#include <beat/task/clean.hpp>\n"
       "include/beat/base/one.hpp:3: .*layer further right")
expect(beat/task/one.hpp "#pragma once\n  #  include <beat/algorithm/sort.hpp>  // why\n"
       "include/beat/task/one.hpp:2: .*layer further right")
expect(beat/version.hpp "#include <beat/base/config.hpp>\n" "include/beat/version.hpp:1: .*layer further right")
expect(beat.hpp "#include <beat/ext/server.hpp>\n" "include/beat.hpp:1: .*layer further right")
expect(beat/task/one.hpp "#include <beat.hpp>\n" "include/beat/task/one.hpp:1: .*for users")
expect(beat/task/one.hpp "#include \"clean.hpp\"\n" "include/beat/task/one.hpp:1: an include is written")
expect(beat/task/one.hpp "#include <beat/detail/one.hpp>\n" "include/beat/task/one.hpp:1: .*none of the layers")
expect(beat/detail/one.hpp "#pragma once\n" "include/beat/detail/one.hpp:1: .*the layers are")
expect(beat/algorithm/sort.hpp "#include <execution>\n" "include/beat/algorithm/sort.hpp:1: <execution> has a price")
expect(beat/observe/print.hpp "#include <iostream>\n" "include/beat/observe/print.hpp:1: <iostream> has a price")
foreach(name sys/mman.h linux/futex.h sched.h pthread.h unistd.h signal.h windows.h)
  expect(beat/runtime/pool.hpp "#include <${name}>\n" "include/beat/runtime/pool.hpp:1: .*operating system")
endforeach()
expect(beat/topology/platform.hpp "#include <sched.h>\n" "")
expect(beat/topology/discover.hpp "#include <hwloc.h>\n" "include/beat/topology/discover.hpp:1: .*third-party")
expect(beat/topology/hwloc.hpp "#include <hwloc.h>\n" "")
expect(beat/topology/hwloc.hpp "#include <numa.h>\n" "include/beat/topology/hwloc.hpp:1: .*third-party")
expect(beat/memory/numa.hpp "#include <numa.h>\n#include <numaif.h>\n" "")
expect(beat/memory/numa_resource.hpp "#include <numa.h>\n" "")
expect(beat/memory/slab.hpp "#include <numa.h>\n" "include/beat/memory/slab.hpp:1: .*third-party")
expect(beat/runtime/pool.hpp "#include <boost/asio.hpp>\n" "include/beat/runtime/pool.hpp:1: .*third-party")
expect(beat/runtime/inbox.hpp "#include <atomic>\n#include <vector>\n" "inbox.hpp:2: a lock-free kernel includes only")
expect(beat/runtime/deque.hpp "#include <beat/base/platform.hpp>\n" "deque.hpp:1: a lock-free kernel includes only")
string(REPEAT "int f[2]; // \\\n" 300 longest)
expect(beat/base/long.hpp "${longest}" "")
expect(beat/base/long.hpp "${longest}int g;\n" "include/beat/base/long.hpp:301: a header has at most 300 lines")
