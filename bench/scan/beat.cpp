// SPDX-License-Identifier: MIT
// beat: parallel_inclusive_scan, by std::plus and by a function, whose sums it can't rearrange.

#include "problem.hpp"
#include "suite/beat_pool.hpp"

namespace {

void beat_scan(benchmark::State& state) {
  suite::beat_pool pool{state.range(0)};
  scan::measure(state, [&](auto const& x, auto& y) { beat::parallel_inclusive_scan(*pool, x, y); });
}
BENCHMARK(beat_scan)->Apply(scan::with_workers);

void beat_scan_by_function(benchmark::State& state) {
  suite::beat_pool pool{state.range(0)};
  scan::measure(state, [&](auto const& x, auto& y) {
    beat::parallel_inclusive_scan(*pool, x, y, [](double a, double b) { return a + b; });
  });
}
BENCHMARK(beat_scan_by_function)->Apply(scan::with_workers);

}  // namespace
