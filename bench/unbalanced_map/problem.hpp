#pragma once
// SPDX-License-Identifier: MIT
// unbalanced_map: a function of 10^4 elements that takes from 100 ns to 100 µs, with all that take more than 10 µs at
// the end.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "suite/suite.hpp"

namespace unbalanced_map {

inline constexpr std::size_t size = 10'000;

/// So many steps of a generator, each of which waits for the one before: about a nanosecond.
[[gnu::noinline]] inline std::uint64_t spin(std::uint32_t steps) {
  std::uint64_t x = steps;
  for (std::uint32_t i = 0; i < steps; ++i) x = x * 6364136223846793005U + i;
  return x;
}

/// The numbers of steps: even in their logarithm, in random order among the shorter and among the longer ones.
inline std::vector<std::uint32_t> make_steps() {
  std::mt19937 random{1};
  std::uniform_real_distribution<double> decades{2, 5};
  std::vector<std::uint32_t> steps(size);
  for (std::uint32_t& s : steps) s = static_cast<std::uint32_t>(std::pow(10, decades(random)));
  std::stable_partition(steps.begin(), steps.end(), [](std::uint32_t s) { return s < 10'000; });
  return steps;
}

/// The same elements for everybody, with the answers.
struct elements {
  std::vector<std::uint32_t> steps = make_steps();
  std::vector<std::uint64_t> answers = std::vector<std::uint64_t>(size);

  elements() { std::transform(steps.begin(), steps.end(), answers.begin(), spin); }
};
inline elements const& inputs() {
  static elements const all;
  return all;
}

using output = std::vector<std::uint64_t>;

/// Checks the answer, and erases it.
inline void check(benchmark::State& state, output& result) {
  if (result != inputs().answers) state.SkipWithError("wrong answer");
  std::fill(result.begin(), result.end(), 0);
}

/// The arguments of every competitor that has workers.
inline void with_workers(benchmark::internal::Benchmark* b) { b->Apply(suite::with_workers)->UseRealTime(); }

}  // namespace unbalanced_map
