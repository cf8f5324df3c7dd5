#pragma once
// SPDX-License-Identifier: MIT
// How the programs say what is wrong.

#include <cstdio>
#include <cstdlib>

[[noreturn]] inline void fail(char const* why) {
  std::puts(why);
  std::fflush(stdout);
  std::_Exit(1);
}
