#pragma once
// SPDX-License-Identifier: MIT
// pipeline: 10^6 values go through three stages that do next to nothing: a source in order, a parallel stage, and a
// sink in order which checks the order. At most 16 values are on the way at once.

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>

#include "suite/suite.hpp"

namespace pipeline_bench {

inline constexpr std::uint64_t values = 1'000'000;
inline constexpr std::size_t tokens = 16;

/// The middle stage.
inline std::uint64_t work(std::uint64_t value) noexcept { return value * 0x9E37'79B9'7F4A'7C15; }

/// The last stage: adds up, each value with its place.
class sink {
 public:
  void add(std::uint64_t value) noexcept { sum_ = sum_ * 31 + value; }

  /// Checks the sum, and starts anew.
  void check(benchmark::State& state) {
    static std::uint64_t const right = [] {
      sink all;
      for (std::uint64_t i = 0; i < values; ++i) all.add(work(i));
      return all.sum_;
    }();
    if (sum_ != right) state.SkipWithError("values came in another order, or not all of them");
    sum_ = 0;
  }

 private:
  std::uint64_t sum_ = 0;
};

inline void with_workers(benchmark::internal::Benchmark* b) { b->Apply(suite::with_workers)->UseRealTime(); }

}  // namespace pipeline_bench
