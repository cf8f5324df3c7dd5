// SPDX-License-Identifier: MIT
// oneTBB: a task_group for each board.

#include <oneapi/tbb/task_group.h>

#include <array>

#include "problem.hpp"
#include "suite/tbb_arena.hpp"

namespace {

using nqueens::board;

long count(board b, int row) {
  if (row == nqueens::size) return 1;
  std::array<long, std::size_t{nqueens::size}> counts{};
  tbb::task_group group;
  for (int column = 0; column < nqueens::size; ++column)
    if (nqueens::is_safe(b, row, column))
      group.run([next = nqueens::put(b, column), row, &here = counts[static_cast<std::size_t>(column)]] {
        here = count(next, row + 1);
      });
  group.wait();
  long total = 0;
  for (long const one : counts) total += one;
  return total;
}

void tbb_group(benchmark::State& state) {
  suite::tbb_arena arena{state.range(0)};
  for (auto _ : state) nqueens::check(state, arena.run([] { return count(0, 0); }));
}
BENCHMARK(tbb_group)->Apply(nqueens::with_workers);

}  // namespace
