#pragma once
// SPDX-License-Identifier: MIT
// scan: the running sums of 10^7 doubles, of all up to each element.

#include <benchmark/benchmark.h>

#include <cstddef>
#include <vector>

#include "suite/suite.hpp"

namespace scan {

inline constexpr std::size_t size = 10'000'000;
inline constexpr double answer = 4'995'000'000;

/// 0 to 999 again and again, so that all sums are exact.
inline std::vector<double> const& inputs() {
  static std::vector<double> const all = [] {
    std::vector<double> values(size);
    for (std::size_t i = 0; i < size; ++i) values[i] = static_cast<double>(i % 1000);
    return values;
  }();
  for (double value : all) benchmark::DoNotOptimize(value);
  return all;
}

/// `scan(input, output)`, again and again. Every 1000th sum is checked once, and the last one each time.
template <class Scan>
void measure(benchmark::State& state, Scan scan) {
  std::vector<double> const& x = inputs();
  std::vector<double> y(size);
  for (auto _ : state) {
    scan(x, y);
    benchmark::ClobberMemory();
    if (y.back() != answer) state.SkipWithError("wrong answer");
  }
  for (std::size_t i = 999; i < size; i += 1000)
    if (y[i] != static_cast<double>(i / 1000 + 1) * 499'500) state.SkipWithError("wrong answer");
}

/// The arguments of every competitor that has workers.
inline void with_workers(benchmark::internal::Benchmark* b) { b->Apply(suite::with_workers)->UseRealTime(); }

}  // namespace scan
