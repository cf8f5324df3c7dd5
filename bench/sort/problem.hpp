#pragma once
// SPDX-License-Identifier: MIT
// sort: 10^7 random doubles in place. The copying before and the check after are not measured.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <numeric>
#include <random>
#include <vector>

#include "suite/suite.hpp"

namespace sort {

inline constexpr std::size_t size = 10'000'000;

/// The same numbers for everybody: whole ones of 28 bits, so that their sum is exact.
inline std::vector<double> const& inputs() {
  static std::vector<double> const all = [] {
    std::mt19937 random{1};
    std::vector<double> values(size);
    for (double& value : values) value = static_cast<double>(random() >> 4);
    return values;
  }();
  return all;
}

template <class Sort>
void measure(benchmark::State& state, Sort sort) {
  double const sum = std::accumulate(inputs().begin(), inputs().end(), 0.0);
  std::vector<double> values(size);
  for (auto _ : state) {
    std::copy(inputs().begin(), inputs().end(), values.begin());
    auto const start = std::chrono::steady_clock::now();
    sort(values);
    state.SetIterationTime(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    if (!std::is_sorted(values.begin(), values.end()) || std::accumulate(values.begin(), values.end(), 0.0) != sum)
      state.SkipWithError("wrong answer");
  }
}

/// The arguments of every competitor that has workers.
inline void with_workers(benchmark::internal::Benchmark* b) { b->Apply(suite::with_workers)->UseManualTime(); }

}  // namespace sort
