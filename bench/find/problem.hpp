#pragma once
// SPDX-License-Identifier: MIT
// find: a number among 10^7, which is at the end of the first third, at the very end, or nowhere.

#include <benchmark/benchmark.h>

#include <cstddef>
#include <numeric>
#include <vector>

#include "suite/suite.hpp"

namespace find {

inline constexpr int size = 10'000'000;

/// Each at its own position, all of them mapped into this process.
inline std::vector<int> const& inputs() {
  static std::vector<int> const all = [] {
    std::vector<int> values(size);
    std::iota(values.begin(), values.end(), 0);
    return values;
  }();
  for (int value : all) benchmark::DoNotOptimize(value);
  return all;
}

/// Looks for the value that is at the position which the first argument says.
template <class Find>
void measure(benchmark::State& state, Find search) {
  std::vector<int> const& x = inputs();
  auto match = static_cast<int>(state.range(0));
  for (auto _ : state) {
    benchmark::DoNotOptimize(match);
    if (search(x, match) - x.begin() != match) state.SkipWithError("wrong answer");
  }
}

inline void with_matches(benchmark::internal::Benchmark* b) {
  b->ArgName("match")->Arg(size / 3)->Arg(size - 1)->Arg(size);
  b->Unit(benchmark::kMillisecond)->UseRealTime();
}

/// The arguments of every competitor that has workers.
inline void with_workers(benchmark::internal::Benchmark* b) {
  b->ArgNames({"match", "workers"})->ArgsProduct({{size / 3, size - 1, size}, {1, 2}});
  b->Unit(benchmark::kMillisecond)->UseRealTime();
}

}  // namespace find
