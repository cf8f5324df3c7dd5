// SPDX-License-Identifier: MIT
// expect: (does not satisfy|satisfaction of) 'task_body
// pcall takes what it can call; a value is not a task.

#include <beat.hpp>

int main() {
#if defined(FIXED)
  auto answer = beat::pcall([] { return 42; });
#else
  auto answer = beat::pcall(42);
#endif
  return answer.get() == 42 ? 0 : 1;
}
