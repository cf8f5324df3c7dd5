// SPDX-License-Identifier: MIT
// The standard's parallel algorithms, as libstdc++ builds them on oneTBB, which has no stable sort of its own.

#include <execution>

#include "sort/problem.hpp"
#include "suite/tbb_arena.hpp"

namespace {

void std_par_unseq(benchmark::State& state) {
  suite::tbb_arena arena{state.range(0)};
  sort::measure(state, [&](std::vector<double>& values) {
    arena.run([&] { std::stable_sort(std::execution::par_unseq, values.begin(), values.end()); });
  });
}
BENCHMARK(std_par_unseq)->Apply(sort::with_workers);

}  // namespace
