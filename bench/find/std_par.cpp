// SPDX-License-Identifier: MIT
// The standard's parallel algorithms, as libstdc++ builds them on oneTBB.

#include <algorithm>
#include <execution>

#include "problem.hpp"
#include "suite/tbb_arena.hpp"

namespace {

void std_par(benchmark::State& state) {
  suite::tbb_arena arena{state.range(1)};
  find::measure(state, [&](std::vector<int> const& x, int match) {
    return arena.run([&] { return std::find(std::execution::par, x.begin(), x.end(), match); });
  });
}
BENCHMARK(std_par)->Apply(find::with_workers);

void std_par_unseq(benchmark::State& state) {
  suite::tbb_arena arena{state.range(1)};
  find::measure(state, [&](std::vector<int> const& x, int match) {
    return arena.run([&] { return std::find(std::execution::par_unseq, x.begin(), x.end(), match); });
  });
}
BENCHMARK(std_par_unseq)->Apply(find::with_workers);

}  // namespace
