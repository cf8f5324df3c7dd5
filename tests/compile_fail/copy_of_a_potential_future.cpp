// SPDX-License-Identifier: MIT
// expect: deleted (function|constructor of) '(beat::v0::)?potential_future<
// A potential_future is its call: the frame that made it owns it, so there is no second one.

#include <beat.hpp>

int main() {
  auto answer = beat::pcall([] { return 42; });
#if defined(FIXED)
  auto& same = answer;
#else
  auto same = answer;
#endif
  return same.get() == 42 ? 0 : 1;
}
