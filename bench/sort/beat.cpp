// SPDX-License-Identifier: MIT
// beat: parallel_sort, by its default order and by a function, whose cost it can't know.

#include "problem.hpp"
#include "suite/beat_pool.hpp"

namespace {

void beat_sort(benchmark::State& state) {
  suite::beat_pool pool{state.range(0)};
  sort::measure(state, [&](std::vector<double>& values) { beat::parallel_sort(*pool, values); });
}
BENCHMARK(beat_sort)->Apply(sort::with_workers);

void beat_sort_by_function(benchmark::State& state) {
  suite::beat_pool pool{state.range(0)};
  sort::measure(state, [&](std::vector<double>& values) {
    beat::parallel_sort(*pool, values, [](double a, double b) { return a < b; });
  });
}
BENCHMARK(beat_sort_by_function)->Apply(sort::with_workers);

void beat_sort_pattern(benchmark::State& state) {
  suite::beat_pool pool{state.range(1)};
  sort::measure(state, [&](std::vector<double>& values) { beat::parallel_sort(*pool, values); }, state.range(0));
}
BENCHMARK(beat_sort_pattern)->Apply(sort::with_patterns);

}  // namespace
