// SPDX-License-Identifier: MIT
// beat: parallel_map, which has no grain size to tune.

#include "problem.hpp"
#include "suite/beat_pool.hpp"

namespace {

using namespace unbalanced_map;

void beat_map(benchmark::State& state) {
  suite::beat_pool pool{state.range(0)};
  output result(size);
  for (auto _ : state) {
    beat::parallel_map(*pool, inputs().steps, result, spin);
    check(state, result);
  }
}
BENCHMARK(beat_map)->Apply(with_workers);

}  // namespace
