// SPDX-License-Identifier: MIT
// The standard's parallel algorithms, as libstdc++ builds them on oneTBB.

#include <execution>

#include "problem.hpp"
#include "suite/tbb_arena.hpp"

namespace {

void std_par_unseq(benchmark::State& state) {
  suite::tbb_arena arena{state.range(0)};
  map::arrays arrays{state};
  for (auto _ : state) {
    arena.run([&] {
      std::transform(std::execution::par_unseq, arrays.in.begin(), arrays.in.end(), arrays.out.begin(), map::image);
    });
    benchmark::ClobberMemory();
  }
}
BENCHMARK(std_par_unseq)->Apply(map::with_workers);

}  // namespace
