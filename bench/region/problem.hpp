#pragma once
// SPDX-License-Identifier: MIT
// region: what it costs to give a loop of trivial iterations to a runtime whose threads are awake.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstddef>
#include <vector>

namespace region {

/// Numbers that each iteration of a region adds 1 to.
class numbers {
 public:
  explicit numbers(benchmark::State& state) : state_{state}, values_(static_cast<std::size_t>(state.range(0))) {}
  ~numbers() {
    double const expected = values_.empty() ? 0 : values_.front();
    if (std::any_of(values_.begin(), values_.end(), [&](double value) { return value != expected; }) ||
        (!values_.empty() && expected == 0))
      state_.SkipWithError("some iterations were not done");
  }
  numbers(numbers const&) = delete;
  numbers& operator=(numbers const&) = delete;

  double* data() { return values_.data(); }
  std::size_t size() const { return values_.size(); }

 private:
  benchmark::State& state_;
  std::vector<double> values_;
};

inline void sizes(benchmark::internal::Benchmark* b) {
  b->ArgName("n")->UseRealTime();
  for (long const n : {0L, 2L, 1000L, 100'000L, 1'000'000L}) b->Arg(n);
}
inline void sizes_on_two(benchmark::internal::Benchmark* b) {
  b->ArgNames({"n", "workers"})->UseRealTime()->ArgsProduct({{0, 2, 1000, 100'000, 1'000'000}, {2}});
}

}  // namespace region
