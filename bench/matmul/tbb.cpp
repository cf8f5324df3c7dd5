// SPDX-License-Identifier: MIT
// oneTBB: a parallel_invoke of the four quadrants.

#include <oneapi/tbb/parallel_invoke.h>

#include "problem.hpp"
#include "suite/tbb_arena.hpp"

namespace {

void multiply(matmul::product p) {
  if (p.n == matmul::leaf) return matmul::multiply_leaf(p.c, p.a, p.b);
  for (std::size_t k = 0; k < 2; ++k)
    tbb::parallel_invoke([p, k] { multiply(p.quadrant(0, 0, k)); }, [p, k] { multiply(p.quadrant(0, 1, k)); },
                         [p, k] { multiply(p.quadrant(1, 0, k)); }, [p, k] { multiply(p.quadrant(1, 1, k)); });
}

void tbb_invoke(benchmark::State& state) {
  suite::tbb_arena arena{state.range(0)};
  matmul::result result{state};
  for (auto _ : state) arena.run([&] { multiply(result.whole()); });
}
BENCHMARK(tbb_invoke)->Apply(matmul::with_workers);

}  // namespace
