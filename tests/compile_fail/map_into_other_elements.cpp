// SPDX-License-Identifier: MIT
// expect: (because|satisfaction of) 'mapped_into<
// The elements of the output range must be able to hold what the function returns.

#include <beat.hpp>
#include <string>
#include <vector>

int main() {
  beat::ThreadPool pool;
  std::vector<int> const input{1, 2, 3};
#if defined(FIXED)
  std::vector<std::string> output(input.size());
#else
  std::vector<int> output(input.size());
#endif
  beat::parallel_map(pool, input, output, [](int i) { return std::to_string(i); });
}
