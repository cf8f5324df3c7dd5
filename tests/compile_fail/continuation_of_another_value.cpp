// SPDX-License-Identifier: MIT
// expect: (because|satisfaction of) 'continuation_of<
// What follows on a future takes its value, or the future itself.

#include <beat.hpp>
#include <string>

int main() {
  beat::ThreadPool pool;
  auto future = pool.submit([] { return 42; });
#if defined(FIXED)
  auto next = future.then([](int number) { return std::to_string(number); });
#else
  auto next = future.then([](std::string const& text) { return text; });
#endif
  next.get();
}
