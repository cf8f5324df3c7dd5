// SPDX-License-Identifier: MIT
// The standard's parallel algorithms, as libstdc++ builds them on oneTBB.

#include <execution>
#include <numeric>

#include "problem.hpp"
#include "suite/tbb_arena.hpp"

namespace {

void std_par_unseq(benchmark::State& state) {
  suite::tbb_arena arena{state.range(0)};
  scan::measure(state, [&](auto const& x, auto& y) {
    arena.run([&] { std::inclusive_scan(std::execution::par_unseq, x.begin(), x.end(), y.begin()); });
  });
}
BENCHMARK(std_par_unseq)->Apply(scan::with_workers);

}  // namespace
