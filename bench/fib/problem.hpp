#pragma once
// SPDX-License-Identifier: MIT
// fib: the price of a fork. Every call forks once and does nothing else; there is no cutoff.
// Peers whose forks cost more run only the small argument.

#include <benchmark/benchmark.h>

#include <utility>

namespace fib {

inline constexpr int large = 38;
inline constexpr int small = 27;

constexpr long answer(int n) {
  long a = 0, b = 1;
  for (; n > 0; --n) a = std::exchange(b, a + b);
  return a;
}
static_assert(answer(large) == 39'088'169);

/// Checks the answer.
inline void check(benchmark::State& state, long result) {
  if (result != answer(static_cast<int>(state.range(0)))) state.SkipWithError("wrong answer");
}

/// The arguments of every competitor that has workers.
inline void with_workers(benchmark::internal::Benchmark* b) {
  b->ArgNames({"n", "workers"})->Unit(benchmark::kMillisecond)->UseRealTime();
  for (int const workers : {1, 2}) b->Args({small, workers});
}
inline void with_workers_and_large(benchmark::internal::Benchmark* b) {
  with_workers(b);
  for (int const workers : {1, 2}) b->Args({large, workers});
}

}  // namespace fib
