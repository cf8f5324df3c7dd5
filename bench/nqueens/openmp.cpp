// SPDX-License-Identifier: MIT
// OpenMP: a task for each queen.

#include <array>

#include "problem.hpp"
#include "suite/openmp_team.hpp"

namespace {

using nqueens::board;

long count(board b, int row) {
  if (row == nqueens::size) return 1;
  std::array<long, std::size_t{nqueens::size}> counts{};
  for (int column = 0; column < nqueens::size; ++column) {
    if (!nqueens::is_safe(b, row, column)) continue;
    board const next = nqueens::put(b, column);
    long* const here = &counts[static_cast<std::size_t>(column)];
#pragma omp task default(none) firstprivate(next, row, here)
    *here = count(next, row + 1);
  }
#pragma omp taskwait
  long total = 0;
  for (long const one : counts) total += one;
  return total;
}

void openmp(benchmark::State& state) {
  int const threads = suite::openmp_team(state.range(0));
  for (auto _ : state) {
    long result = 0;
#pragma omp parallel num_threads(threads)
#pragma omp single
    result = count(0, 0);
    nqueens::check(state, result);
  }
}
BENCHMARK(openmp)->Apply(nqueens::with_workers);

}  // namespace
