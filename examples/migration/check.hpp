#pragma once
// SPDX-License-Identifier: MIT
// What the sources of the guide share. Each of them shows pairs of snippets: a comment that begins with "-- " and names
// what is done, the other library's code, "-- beat", beat's, "--". guide.cmake makes README.md of them. The other
// library's code is compiled where THEIRS is 1.

#include <cstdio>
#include <cstdlib>

#if !defined(THEIRS)
#define THEIRS 0
#endif

/// How often each step is done: by the other library where that is there, and by beat.
inline constexpr int times = THEIRS + 1;

inline void expect(bool holds, char const* what) {
  if (holds) return;
  std::printf("wrong: %s\n", what);
  std::exit(1);
}
