#pragma once
// SPDX-License-Identifier: MIT
// sort: 10^7 doubles in place, random or of a pattern. The copying before and the check after are not measured.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <numeric>
#include <random>
#include <vector>

#include "suite/suite.hpp"

namespace sort {

inline constexpr std::size_t size = 10'000'000;

enum pattern : long { uniform, sorted, reversed, few_unique, organ_pipe };

/// The same numbers for everybody: whole ones of 28 bits, so that their sum is exact.
inline std::vector<double> const& inputs(long kind = uniform) {
  static std::array<std::vector<double>, 5> all;
  std::vector<double>& values = all.at(static_cast<std::size_t>(kind));
  if (!values.empty()) return values;
  std::mt19937 random{1};
  values.resize(size);
  for (double& value : values) value = static_cast<double>(kind == few_unique ? random() % 16 : random() >> 4);
  if (kind == sorted || kind == reversed) std::sort(values.begin(), values.end());
  if (kind == reversed) std::reverse(values.begin(), values.end());
  if (kind == organ_pipe) {
    auto const middle = values.begin() + size / 2;
    std::sort(values.begin(), middle);
    std::sort(middle, values.end(), std::greater<>{});
  }
  return values;
}

template <class Sort>
void measure(benchmark::State& state, Sort sort, long kind = uniform) {
  std::vector<double> const& numbers = inputs(kind);
  double const sum = std::accumulate(numbers.begin(), numbers.end(), 0.0);
  std::vector<double> values(size);
  for (auto _ : state) {
    std::copy(numbers.begin(), numbers.end(), values.begin());
    auto const start = std::chrono::steady_clock::now();
    sort(values);
    state.SetIterationTime(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    if (!std::is_sorted(values.begin(), values.end()) || std::accumulate(values.begin(), values.end(), 0.0) != sum)
      state.SkipWithError("wrong answer");
  }
}

/// The arguments of a competitor that sorts each of the patterns.
inline void with_patterns(benchmark::internal::Benchmark* b) {
  for (long kind = sorted; kind <= organ_pipe; ++kind)
    for (long workers = 1; workers <= 2; ++workers) b->Args({kind, workers});
  b->ArgNames({"pattern", "workers"})->Unit(benchmark::kMillisecond)->UseManualTime();
}

/// The arguments of every competitor that has workers.
inline void with_workers(benchmark::internal::Benchmark* b) { b->Apply(suite::with_workers)->UseManualTime(); }

}  // namespace sort
