// SPDX-License-Identifier: MIT
// beat: parallel_copy_if.

#include "problem.hpp"
#include "suite/beat_pool.hpp"

namespace {

void beat_copy_if(benchmark::State& state) {
  suite::beat_pool pool{state.range(0)};
  filter::measure(state, [&](auto const& x, auto& y) {
    beat::parallel_copy_if(*pool, x, y, [](double value) { return filter::is_wanted(value); });
  });
}
BENCHMARK(beat_copy_if)->Apply(filter::with_workers);

}  // namespace
