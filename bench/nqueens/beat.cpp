// SPDX-License-Identifier: MIT
// beat: each queen is a potentially parallel call, or the second side of a join, while the row's further columns are
// tried.

#include "problem.hpp"
#include "suite/beat_pool.hpp"

namespace {

using nqueens::board;

long count_pcall(board b, int row);

/// In how many ways `row`, from its safe square in `column` on, and the rows below it can be filled.
long row_pcall(board b, int row, int column) {
  int const next = nqueens::next_safe(b, row, column + 1);
  if (next == nqueens::size) return count_pcall(nqueens::put(b, column), row + 1);
  auto further = beat::pcall([b, row, next] { return row_pcall(b, row, next); });
  long const here = count_pcall(nqueens::put(b, column), row + 1);
  return here + further.get();
}

long count_pcall(board b, int row) {
  if (row == nqueens::size) return 1;
  int const first = nqueens::next_safe(b, row, 0);
  return first == nqueens::size ? 0 : row_pcall(b, row, first);
}

long count_join(board b, int row);

/// The same.
long row_join(board b, int row, int column) {
  int const next = nqueens::next_safe(b, row, column + 1);
  if (next == nqueens::size) return count_join(nqueens::put(b, column), row + 1);
  auto const [here, further] = beat::join([b, row, column] { return count_join(nqueens::put(b, column), row + 1); },
                                          [b, row, next] { return row_join(b, row, next); });
  return here + further;
}

long count_join(board b, int row) {
  if (row == nqueens::size) return 1;
  int const first = nqueens::next_safe(b, row, 0);
  return first == nqueens::size ? 0 : row_join(b, row, first);
}

template <long (*Count)(board, int)>
void on_workers(benchmark::State& state) {
  suite::beat_pool pool{state.range(0)};
  pool.run([&] {
    for (auto _ : state) nqueens::check(state, Count(0, 0));
  });
}
BENCHMARK(on_workers<count_pcall>)->Name("beat_pcall")->Apply(nqueens::with_workers);
BENCHMARK(on_workers<count_join>)->Name("beat_join")->Apply(nqueens::with_workers);

}  // namespace
