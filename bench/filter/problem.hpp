#pragma once
// SPDX-License-Identifier: MIT
// filter: those of 10^7 random doubles that are less than the median, in their order, into a range of that size.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <random>
#include <vector>

#include "suite/suite.hpp"

namespace filter {

inline constexpr std::size_t size = 10'000'000;

inline bool is_wanted(double value) { return value < 2147483648.0; }

struct numbers {
  std::vector<double> all, wanted;
};

/// The same for everybody.
inline numbers const& inputs() {
  static numbers const made = [] {
    std::mt19937 random{1};
    numbers n{std::vector<double>(size), {}};
    for (double& value : n.all) value = static_cast<double>(random());
    std::copy_if(n.all.begin(), n.all.end(), std::back_inserter(n.wanted), is_wanted);
    return n;
  }();
  return made;
}

/// `filter(input, output)`, again and again. The output is checked once.
template <class Filter>
void measure(benchmark::State& state, Filter filter) {
  numbers const& made = inputs();
  std::vector<double> output(made.wanted.size());
  for (auto _ : state) {
    filter(made.all, output);
    benchmark::ClobberMemory();
  }
  if (output != made.wanted) state.SkipWithError("wrong answer");
}

/// The arguments of every competitor that has workers.
inline void with_workers(benchmark::internal::Benchmark* b) { b->Apply(suite::with_workers)->UseRealTime(); }

}  // namespace filter
