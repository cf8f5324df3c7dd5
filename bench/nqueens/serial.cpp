// SPDX-License-Identifier: MIT
// Plain recursion.

#include "problem.hpp"
#include "suite/suite.hpp"

namespace {

using nqueens::board;

/// In how many ways the rows from `row` on can be filled.
long count(board b, int row) {
  if (row == nqueens::size) return 1;
  long total = 0;
  for (int column = 0; column < nqueens::size; ++column)
    if (nqueens::is_safe(b, row, column)) total += count(nqueens::put(b, column), row + 1);
  return total;
}

void serial(benchmark::State& state) {
  suite::pin(0);
  board empty = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(empty);
    nqueens::check(state, count(empty, 0));
  }
}
BENCHMARK(serial)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
