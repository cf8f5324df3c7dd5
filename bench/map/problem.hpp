#pragma once
// SPDX-License-Identifier: MIT
// map: 2 x + 1 for each of 10^7 doubles, from one array to another. Memory is what limits it.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstddef>
#include <vector>

#include "suite/suite.hpp"

namespace map {

inline constexpr std::size_t size = 10'000'000;

inline double image(double x) { return 2 * x + 1; }

/// The same numbers for everybody.
inline std::vector<double> const& inputs() {
  static std::vector<double> const all = [] {
    std::vector<double> values(size);
    for (std::size_t i = 0; i < size; ++i) values[i] = static_cast<double>(i);
    return values;
  }();
  return all;
}

/// Where the images go, checked at the end. Both arrays are mapped into this process.
class arrays {
 public:
  explicit arrays(benchmark::State& state) : state_{state} {
    for (double value : in) benchmark::DoNotOptimize(value);
  }
  ~arrays() {
    bool const good = std::equal(in.begin(), in.end(), out.begin(), [](double x, double y) { return image(x) == y; });
    if (!good) state_.SkipWithError("wrong answer");
  }
  arrays(arrays const&) = delete;
  arrays& operator=(arrays const&) = delete;

  std::vector<double> const& in = inputs();
  std::vector<double> out = std::vector<double>(size);

 private:
  benchmark::State& state_;
};

/// The arguments of every competitor that has workers.
inline void with_workers(benchmark::internal::Benchmark* b) { b->Apply(suite::with_workers)->UseRealTime(); }

}  // namespace map
