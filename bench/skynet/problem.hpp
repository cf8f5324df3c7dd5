#pragma once
// SPDX-License-Identifier: MIT
// skynet: the price of many siblings. A node forks ten children, and a million leaves return their numbers; the sums of
// nodes are all the work there is.

#include <benchmark/benchmark.h>

#include "suite/suite.hpp"

namespace skynet {

inline constexpr long leaves = 1'000'000;
inline constexpr long children = 10;
inline constexpr long answer = leaves * (leaves - 1) / 2;
static_assert(answer == 499'999'500'000);

/// Checks the answer.
inline void check(benchmark::State& state, long result) {
  if (result != answer) state.SkipWithError("wrong answer");
}

/// The arguments of every competitor that has workers.
inline void with_workers(benchmark::internal::Benchmark* b) { b->Apply(suite::with_workers)->UseRealTime(); }

}  // namespace skynet
