// SPDX-License-Identifier: MIT
#include <oneapi/tbb/parallel_for.h>

#include "problem.hpp"
#include "suite/tbb_arena.hpp"

namespace {

void tbb_arena(benchmark::State& state) {
  suite::tbb_arena arena{2};
  idle::measure(
      state, [&] { arena.run([] { tbb::parallel_for(0, 1'000'000, [](int i) { benchmark::DoNotOptimize(i); }); }); });
}
BENCHMARK(tbb_arena)->Apply(idle::once);

}  // namespace
