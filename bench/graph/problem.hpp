#pragma once
// SPDX-License-Identifier: MIT
// graph: 10^5 nodes which do next to nothing, in two shapes: a wavefront, in which each cell of a table waits for those
// above and to the left; and a random graph, in which each node waits for up to three of the 100 before it. What is
// measured is one run of a graph that was made, and ran, before.

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "suite/suite.hpp"

namespace graph_bench {

enum shape : std::int64_t { wavefront, random_order };

/// For each node those that it is after, which have smaller numbers.
inline std::vector<std::vector<std::size_t>> const& predecessors(std::int64_t of) {
  static auto const make = [](std::int64_t which) {
    constexpr std::size_t width = 316, size = 100'000;
    std::vector<std::vector<std::size_t>> all(size);
    std::mt19937 dice{1};
    for (std::size_t i = 1; i < size; ++i) {
      if (which == wavefront) {
        if (i % width != 0) all[i].push_back(i - 1);
        if (i >= width) all[i].push_back(i - width);
      } else {
        for (int k = 0; k < 3; ++k)
          if (std::size_t const back = 1 + dice() % 100; back <= i) all[i].push_back(i - back);
      }
    }
    return all;
  };
  static std::vector<std::vector<std::size_t>> const kept[] = {make(wavefront), make(random_order)};
  return kept[of];
}

/// What the nodes work on: each makes its value from those before it. Equal to 0 where it ran too early.
class work {
 public:
  explicit work(std::int64_t shape) : predecessors_{&predecessors(shape)}, values_(predecessors_->size()) {}

  void operator()(std::size_t i) noexcept {
    std::uint32_t least = ~std::uint32_t{0};
    for (std::size_t const p : (*predecessors_)[i]) least = least < values_[p] ? least : values_[p];
    values_[i] = least == ~std::uint32_t{0} ? round_ : least;
  }

  /// Checks that each node saw those before it in this round.
  void check(benchmark::State& state) {
    for (std::size_t i = 0; i < values_.size(); i += 97)
      if (values_[i] != round_) state.SkipWithError("a node ran too early, or not at all");
    if (values_.back() != round_) state.SkipWithError("the last node ran too early, or not at all");
    ++round_;
  }

  std::size_t size() const noexcept { return values_.size(); }

 private:
  std::vector<std::vector<std::size_t>> const* predecessors_;
  std::vector<std::uint32_t> values_;
  std::uint32_t round_ = 1;
};

inline void with_shapes(benchmark::internal::Benchmark* b) {
  b->Unit(benchmark::kMillisecond)->UseRealTime()->ArgName("random")->Arg(wavefront)->Arg(random_order);
}

inline void with_shapes_and_workers(benchmark::internal::Benchmark* b) {
  b->Unit(benchmark::kMillisecond)->UseRealTime()->ArgNames({"random", "workers"});
  for (std::int64_t const shape : {wavefront, random_order})
    for (std::int64_t const workers : {1, 2}) b->Args({shape, workers});
}

}  // namespace graph_bench
