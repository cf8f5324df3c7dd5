# SPDX-License-Identifier: MIT
# cmake -DROOT=<directory> -DKERNEL=<file> [-DOPTIONS=<Catch2's options>] -P boot.cmake
# Boots a machine with four NUMA nodes under qemu, in software, and runs a test program in it. The machine has a kernel
# and two static programs from ROOT: `init` (init.cpp), and `tests`, all other sources of this folder. Its console is
# what this script prints; the last line says how the tests ended, and without it they failed, whatever happened.
# The nodes are those of machine.hpp: two CPUs each; 0 and 1 are near each other, as are 2 and 3, not quite as much.

cmake_minimum_required(VERSION 3.25)
set(limit 120)  # seconds; about 10 are needed

find_program(qemu qemu-system-x86_64)
find_program(cpio cpio)
if(NOT qemu OR NOT cpio OR NOT EXISTS ${KERNEL})
  message("not tested: this needs qemu-system-x86_64, cpio, and a kernel at ${KERNEL}. As root on Debian or Ubuntu, "
          "'cmake -DLABEL=numa -P cmake/test.cmake' gets all three")
  return()
endif()

file(WRITE ${ROOT}/../files "init\ntests\n")
execute_process(
  COMMAND ${cpio} --create --format=newc --quiet
  INPUT_FILE ${ROOT}/../files
  OUTPUT_FILE ${ROOT}/../initramfs
  WORKING_DIRECTORY ${ROOT} COMMAND_ERROR_IS_FATAL ANY)

set(machine -accel tcg,thread=single -cpu max -smp 8,sockets=4,cores=2 -m 768M -nodefaults -display none -no-reboot)
foreach(node RANGE 3)
  math(EXPR first "2 * ${node}")
  math(EXPR last "${first} + 1")
  list(APPEND machine -object memory-backend-ram,id=memory${node},size=192M #
       -numa node,nodeid=${node},memdev=memory${node},cpus=${first}-${last})
endforeach()
foreach(distance "0,dst=1,val=15" "0,dst=2,val=30" "0,dst=3,val=30" "1,dst=2,val=30" "1,dst=3,val=30" "2,dst=3,val=20")
  list(APPEND machine -numa dist,src=${distance})
endforeach()

# A panic is the end. Pages stay where they are, and the clock needs no device. What follows `--` is given to init.
set(kernel_options "console=ttyS0 quiet panic=-1 numa_balancing=disable tsc=reliable mitigations=off")
set(output "")
foreach(attempt 1 2)  # an emulated kernel that hangs before anything of ours runs is no failure of ours
  if(NOT output MATCHES "the tests begin")
    execute_process(
      COMMAND ${qemu} ${machine} -serial stdio -kernel ${KERNEL} -initrd ${ROOT}/../initramfs -append
              "${kernel_options} -- ${OPTIONS}"
      INPUT_FILE /dev/null
      TIMEOUT ${limit}
      RESULT_VARIABLE result
      OUTPUT_VARIABLE output
      ECHO_OUTPUT_VARIABLE)
  endif()
endforeach()
if(NOT output MATCHES "the tests ended with status (-?[0-9]+)")
  message(FATAL_ERROR "The machine did not say how the tests ended: qemu ended with '${result}' (limit: ${limit} s)")
elseif(NOT CMAKE_MATCH_1 EQUAL 0)
  message(FATAL_ERROR "The tests failed in the machine: status ${CMAKE_MATCH_1}")
endif()
