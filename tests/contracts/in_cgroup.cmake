# SPDX-License-Identifier: MIT
# cmake -DPROGRAM=... -DQUOTA=<thousandths of a CPU> -P in_cgroup.cmake
# Runs a program in a cgroup that may use so much of the CPUs, and prints what it printed. Says so where no cgroup can be
# made.

cmake_minimum_required(VERSION 3.25)
string(RANDOM LENGTH 8 suffix)
foreach(root /sys/fs/cgroup/cpu /sys/fs/cgroup/cpu,cpuacct /sys/fs/cgroup)
  set(group ${root}/beat-test-${suffix})
  execute_process(COMMAND mkdir ${group} RESULT_VARIABLE failed ERROR_QUIET)
  if(failed)
    continue()
  endif()
  set(script "echo ${QUOTA}00 > ${group}/cpu.cfs_quota_us && echo 100000 > ${group}/cpu.cfs_period_us")
  if(EXISTS ${group}/cpu.max)
    set(script "echo ${QUOTA}00 100000 > ${group}/cpu.max")
  elseif(NOT EXISTS ${group}/cpu.cfs_quota_us)
    execute_process(COMMAND rmdir ${group})
    continue()
  endif()
  execute_process(COMMAND sh -c "${script} && echo $$ > ${group}/cgroup.procs && exec ${PROGRAM}" RESULT_VARIABLE failed)
  execute_process(COMMAND rmdir ${group})
  if(failed)
    message(FATAL_ERROR "${PROGRAM} in ${group}: ${failed}")
  endif()
  return()
endforeach()
message("not tested: no cgroup can be made")
