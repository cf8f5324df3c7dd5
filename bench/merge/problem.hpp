#pragma once
// SPDX-License-Identifier: MIT
// merge: 5 * 10^6 and as many sorted random doubles, into a third range.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstddef>
#include <random>
#include <vector>

#include "suite/suite.hpp"

namespace merge {

inline constexpr std::size_t size = 10'000'000;

struct numbers {
  std::vector<double> a, b, merged;
};

/// The same for everybody.
inline numbers const& inputs() {
  static numbers const all = [] {
    std::mt19937 random{1};
    numbers made{std::vector<double>(size / 2), std::vector<double>(size / 2), std::vector<double>(size)};
    for (std::vector<double>* const half : {&made.a, &made.b}) {
      for (double& value : *half) value = static_cast<double>(random());
      std::sort(half->begin(), half->end());
    }
    std::merge(made.a.begin(), made.a.end(), made.b.begin(), made.b.end(), made.merged.begin());
    return made;
  }();
  return all;
}

/// `merge(a, b, output)`, again and again. The output is checked once.
template <class Merge>
void measure(benchmark::State& state, Merge merge) {
  numbers const& all = inputs();
  std::vector<double> output(size);
  for (auto _ : state) {
    merge(all.a, all.b, output);
    benchmark::ClobberMemory();
  }
  if (output != all.merged) state.SkipWithError("wrong answer");
}

/// The arguments of every competitor that has workers.
inline void with_workers(benchmark::internal::Benchmark* b) { b->Apply(suite::with_workers)->UseRealTime(); }

}  // namespace merge
