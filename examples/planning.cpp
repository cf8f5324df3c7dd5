// SPDX-License-Identifier: MIT
// planning: work is cut into balanced chunks before it runs, at compile time where the sizes are known.

#include <beat.hpp>

#include <cstddef>
#include <iostream>
#include <vector>

int main() {
  beat::ThreadPool pool{4};

  // Three chunks of floats which meet where a cache line begins; the compiler has made them.
  constexpr auto chunks = beat::static_plan<100, 3, sizeof(float)>();
  for (beat::index_range const chunk : chunks) std::cout << chunk.first << " to " << chunk.last << '\n';

  // A chunk for each worker, at the cache lines of this very vector: no two workers write to the same one.
  std::vector<double> squares(1'000'000);
  beat::plan const plan = beat::distribute_work(pool, squares);
  beat::execute(pool, plan, [&](beat::index_range chunk) {
    for (std::size_t const i : chunk) squares[i] = static_cast<double>(i) * static_cast<double>(i);
  });

  // Chunks can be anybody's, and a failed one is known by its position.
  std::vector<beat::index_range> const mine{{0, 10}, {10, 1000}, {1000, 1'000'000}};
  std::size_t failed = 0;
  try {
    beat::execute(pool, mine,
                  [](beat::index_range chunk) {
                    if (chunk.size() == 990) throw 1;
                  },
                  {.errors = beat::error_policy::collect_all});
  } catch (beat::aggregate_error const& e) {
    failed = e.errors().front().index;
  }

  bool const as_expected = chunks.back().last == 100 && squares.back() == 999'999.0 * 999'999.0 && failed == 1;
  std::cout << plan.size() << " chunks for " << pool.workers() << " workers; chunk " << failed << " of mine failed\n"
            << (as_expected ? "all as expected\n" : "something is NOT as expected\n");
  return as_expected ? 0 : 1;
}
