// SPDX-License-Identifier: MIT
// beat: parallel_stable_sort, by its default order and by a function, whose cost it can't know.

#include "sort/problem.hpp"
#include "suite/beat_pool.hpp"

namespace {

void beat_stable_sort(benchmark::State& state) {
  suite::beat_pool pool{state.range(0)};
  sort::measure(state, [&](std::vector<double>& values) { beat::parallel_stable_sort(*pool, values); });
}
BENCHMARK(beat_stable_sort)->Apply(sort::with_workers);

void beat_stable_sort_by_function(benchmark::State& state) {
  suite::beat_pool pool{state.range(0)};
  sort::measure(state, [&](std::vector<double>& values) {
    beat::parallel_stable_sort(*pool, values, [](double a, double b) { return a < b; });
  });
}
BENCHMARK(beat_stable_sort_by_function)->Apply(sort::with_workers);

}  // namespace
