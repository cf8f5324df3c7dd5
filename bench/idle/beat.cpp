// SPDX-License-Identifier: MIT
#include "problem.hpp"
#include "suite/beat_pool.hpp"

namespace {

void beat_pool(benchmark::State& state) {
  suite::beat_pool pool{2};
  idle::measure(state, [&] { beat::parallel_for(*pool, 0, 1'000'000, [](int i) { benchmark::DoNotOptimize(i); }); });
}
BENCHMARK(beat_pool)->Apply(idle::once);

}  // namespace
