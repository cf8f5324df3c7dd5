// SPDX-License-Identifier: MIT
// oneTBB: a parallel_invoke of the two.

#include <oneapi/tbb/parallel_invoke.h>

#include "problem.hpp"
#include "suite/tbb_arena.hpp"

namespace {

void tbb_invoke(benchmark::State& state) {
  suite::tbb_arena arena{2};
  long_leaf::measure(state, [&](auto f, auto g) { arena.run([&] { tbb::parallel_invoke(f, g); }); });
}
BENCHMARK(tbb_invoke)->Apply(long_leaf::after_idleness);

}  // namespace
