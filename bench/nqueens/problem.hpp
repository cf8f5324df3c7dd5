#pragma once
// SPDX-License-Identifier: MIT
// nqueens: all ways to put 12 queens on a board where none attacks another, by search. Every queen that is put
// somewhere is forked with a board of its own, down to the last row; a node is some 100 ns of work, and there are
// 856,189.

#include <benchmark/benchmark.h>

#include <cstdint>

#include "suite/suite.hpp"

namespace nqueens {

inline constexpr int size = 12;
inline constexpr long answer = 14'200;

/// The columns of the queens, four bits each, that of the last row lowest.
using board = std::uint64_t;

/// Whether no queen above `row` attacks this square.
inline bool is_safe(board b, int row, int column) {
  for (int distance = 1; distance <= row; ++distance, b >>= 4) {
    int const aside = static_cast<int>(b & 15) - column;
    if (aside == 0 || aside == distance || aside == -distance) return false;
  }
  return true;
}

/// The board with one queen more.
constexpr board put(board b, int column) { return b << 4 | static_cast<board>(column); }

/// The first safe column of `row` from `column` on; `size` where there is none.
inline int next_safe(board b, int row, int column) {
  while (column < size && !is_safe(b, row, column)) ++column;
  return column;
}

/// Checks the answer.
inline void check(benchmark::State& state, long result) {
  if (result != answer) state.SkipWithError("wrong answer");
}

/// The arguments of every competitor that has workers.
inline void with_workers(benchmark::internal::Benchmark* b) { b->Apply(suite::with_workers)->UseRealTime(); }

}  // namespace nqueens
