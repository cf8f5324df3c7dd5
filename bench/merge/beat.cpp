// SPDX-License-Identifier: MIT
// beat: parallel_merge, by its default order and by a function, whose cost it can't know.

#include "problem.hpp"
#include "suite/beat_pool.hpp"

namespace {

void beat_merge(benchmark::State& state) {
  suite::beat_pool pool{state.range(0)};
  merge::measure(state, [&](auto const& a, auto const& b, auto& output) { beat::parallel_merge(*pool, a, b, output); });
}
BENCHMARK(beat_merge)->Apply(merge::with_workers);

void beat_merge_by_function(benchmark::State& state) {
  suite::beat_pool pool{state.range(0)};
  merge::measure(state, [&](auto const& a, auto const& b, auto& output) {
    beat::parallel_merge(*pool, a, b, output, [](double x, double y) { return x < y; });
  });
}
BENCHMARK(beat_merge_by_function)->Apply(merge::with_workers);

}  // namespace
