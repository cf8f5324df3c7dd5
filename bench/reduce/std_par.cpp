// SPDX-License-Identifier: MIT
// The standard's parallel algorithms, as libstdc++ builds them on oneTBB.

#include <execution>
#include <numeric>

#include "problem.hpp"
#include "suite/tbb_arena.hpp"

namespace {

void std_par_unseq(benchmark::State& state) {
  suite::tbb_arena arena{state.range(0)};
  std::vector<double> const& x = reduce::inputs();
  for (auto _ : state)
    reduce::check(state, arena.run([&x] { return std::reduce(std::execution::par_unseq, x.begin(), x.end()); }));
}
BENCHMARK(std_par_unseq)->Apply(reduce::with_workers);

}  // namespace
