#pragma once
// SPDX-License-Identifier: MIT
// fib: the price of a fork. Every call forks once and does nothing else; there is no cutoff.

#include <benchmark/benchmark.h>

namespace fib {

inline constexpr int argument = 38;
inline constexpr long answer = 39'088'169;
inline constexpr double forks = 63'245'985;  // calls with argument >= 2

/// Checks the answer and reports the time per fork.
inline void report(benchmark::State& state, long result) {
  if (result != answer) state.SkipWithError("wrong answer");
  state.counters["per_fork"] =
      benchmark::Counter(forks, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

}  // namespace fib
