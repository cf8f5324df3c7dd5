// SPDX-License-Identifier: MIT
// beat: parallel_find, which compares numbers many at a time; and parallel_find_if, which calls a function.

#include "problem.hpp"
#include "suite/beat_pool.hpp"

namespace {

void beat_find(benchmark::State& state) {
  suite::beat_pool pool{state.range(1)};
  find::measure(state, [&](std::vector<int> const& x, int match) { return beat::parallel_find(*pool, x, match); });
}
BENCHMARK(beat_find)->Apply(find::with_workers);

void beat_find_if(benchmark::State& state) {
  suite::beat_pool pool{state.range(1)};
  find::measure(state, [&](std::vector<int> const& x, int match) {
    return beat::parallel_find_if(*pool, x, [match](int i) { return i == match; });
  });
}
BENCHMARK(beat_find_if)->Apply(find::with_workers);

}  // namespace
