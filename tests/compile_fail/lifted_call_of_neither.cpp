// SPDX-License-Identifier: MIT
// expect: 'ranges_of_its_arguments<
// A lifted function takes the arguments of the function, or ranges of them.

#include <beat.hpp>
#include <string>
#include <vector>

int main() {
  beat::ThreadPool pool;
  auto const square = beat::auto_parallelize([](int i) { return i * i; });
#if defined(FIXED)
  std::vector<int> const input{1, 2, 3};
#else
  std::vector<std::string> const input{"1", "2", "3"};
#endif
  return square(pool, input).empty() ? 1 : 0;
}
