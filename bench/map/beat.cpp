// SPDX-License-Identifier: MIT
// beat: parallel_map.

#include "problem.hpp"
#include "suite/beat_pool.hpp"

namespace {

void beat_map(benchmark::State& state) {
  suite::beat_pool pool{state.range(0)};
  map::arrays arrays{state};
  for (auto _ : state) {
    beat::parallel_map(*pool, arrays.in, arrays.out, [](double x) { return map::image(x); });
    benchmark::ClobberMemory();
  }
}
BENCHMARK(beat_map)->Apply(map::with_workers);

}  // namespace
