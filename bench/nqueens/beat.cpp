// SPDX-License-Identifier: MIT
// beat: each queen is a potentially parallel call, or the second side of a join, while the row's further columns are
// tried.

#include "problem.hpp"
#include "suite/beat_pool.hpp"

namespace {

using nqueens::board;

long count_pcall(board b, int row);

/// In how many ways `row`, from `column` on, and the rows below it can be filled.
long row_pcall(board const& b, int row, int column) {
  column = nqueens::next_safe(b, row, column);
  if (column == nqueens::size) return 0;
  auto here = beat::pcall([next = nqueens::put(b, row, column), row] { return count_pcall(next, row + 1); });
  long const further = row_pcall(b, row, column + 1);
  return here.get() + further;
}

long count_pcall(board b, int row) { return row == nqueens::size ? 1 : row_pcall(b, row, 0); }

long count_join(board b, int row);

/// The same.
long row_join(board const& b, int row, int column) {
  column = nqueens::next_safe(b, row, column);
  if (column == nqueens::size) return 0;
  auto const [further, here] =
      beat::join([&b, row, column] { return row_join(b, row, column + 1); },
                 [next = nqueens::put(b, row, column), row] { return count_join(next, row + 1); });
  return further + here;
}

long count_join(board b, int row) { return row == nqueens::size ? 1 : row_join(b, row, 0); }

template <long (*Count)(board, int)>
void on_workers(benchmark::State& state) {
  suite::beat_pool pool{state.range(0)};
  pool.run([&] {
    for (auto _ : state) nqueens::check(state, Count(board{}, 0));
  });
}
BENCHMARK(on_workers<count_pcall>)->Name("beat_pcall")->Apply(nqueens::with_workers);
BENCHMARK(on_workers<count_join>)->Name("beat_join")->Apply(nqueens::with_workers);

}  // namespace
