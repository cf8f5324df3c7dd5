// SPDX-License-Identifier: MIT
// beat: parallel_reduce.

#include "problem.hpp"
#include "suite/beat_pool.hpp"

namespace {

void beat_reduce(benchmark::State& state) {
  suite::beat_pool pool{state.range(0)};
  std::vector<double> const& x = reduce::inputs();
  for (auto _ : state) reduce::check(state, beat::parallel_reduce(*pool, x, 0.0));
}
BENCHMARK(beat_reduce)->Apply(reduce::with_workers);

}  // namespace
