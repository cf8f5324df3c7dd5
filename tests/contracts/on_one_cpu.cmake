# SPDX-License-Identifier: MIT
# cmake -DPROGRAM=... -P on_one_cpu.cmake
# Runs a program on the first CPU that this process may use, and prints what it printed.

cmake_minimum_required(VERSION 3.25)
file(STRINGS /proc/self/status line REGEX "^Cpus_allowed_list:")
string(REGEX MATCH "[0-9]+" first "${line}")
execute_process(COMMAND taskset -c ${first} ${PROGRAM} COMMAND_ERROR_IS_FATAL ANY)
