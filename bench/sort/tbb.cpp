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

void tbb_sort_pattern(benchmark::State& state) {
  suite::tbb_arena arena{state.range(1)};
  sort::measure(
      state, [&](std::vector<double>& values) { arena.run([&] { tbb::parallel_sort(values); }); }, state.range(0));
}
BENCHMARK(tbb_sort_pattern)->Apply(sort::with_patterns);

}  // namespace
