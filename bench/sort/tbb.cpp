// SPDX-License-Identifier: MIT
// oneTBB: parallel_sort.

#include <oneapi/tbb/parallel_sort.h>

#include "problem.hpp"
#include "suite/tbb_arena.hpp"

namespace {

void tbb_sort(benchmark::State& state) {
  suite::tbb_arena arena{state.range(0)};
  sort::measure(state, [&](std::vector<double>& values) { arena.run([&] { tbb::parallel_sort(values); }); });
}
BENCHMARK(tbb_sort)->Apply(sort::with_workers);

}  // namespace
