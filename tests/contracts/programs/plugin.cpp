// SPDX-License-Identifier: MIT
// A library that uses beat, and that nobody links.

#include <beat.hpp>

extern "C" bool pool_works() {
  beat::ThreadPool pool{2};
  auto answer = pool.submit([] { return 1L; });
  return beat::parallel_reduce(pool, std::views::iota(1, 1001), 0L) + answer.get() == 500'501;
}
