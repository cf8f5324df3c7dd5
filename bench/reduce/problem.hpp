#pragma once
// SPDX-License-Identifier: MIT
// reduce: the sum of 10^7 doubles. Memory is what limits it, unless each addition waits for the one before.

#include <benchmark/benchmark.h>

#include <cstddef>
#include <vector>

#include "suite/suite.hpp"

namespace reduce {

inline constexpr std::size_t size = 10'000'000;
inline constexpr double answer = 4'995'000'000;

/// 0 to 999 again and again, so that the sum is exact, all of them mapped into this process.
inline std::vector<double> const& inputs() {
  static std::vector<double> const all = [] {
    std::vector<double> values(size);
    for (std::size_t i = 0; i < size; ++i) values[i] = static_cast<double>(i % 1000);
    return values;
  }();
  for (double value : all) benchmark::DoNotOptimize(value);
  return all;
}

/// Checks the answer.
inline void check(benchmark::State& state, double result) {
  if (result != answer) state.SkipWithError("wrong answer");
}

/// The arguments of every competitor that has workers.
inline void with_workers(benchmark::internal::Benchmark* b) { b->Apply(suite::with_workers)->UseRealTime(); }

}  // namespace reduce
