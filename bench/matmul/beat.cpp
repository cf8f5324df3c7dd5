// SPDX-License-Identifier: MIT
// beat: a join of the four quadrants.

#include "problem.hpp"
#include "suite/beat_pool.hpp"

namespace {

void multiply(matmul::product p) {
  if (p.n == matmul::leaf) return matmul::multiply_leaf(p.c, p.a, p.b);
  for (std::size_t k = 0; k < 2; ++k)
    beat::join([p, k] { multiply(p.quadrant(0, 0, k)); }, [p, k] { multiply(p.quadrant(0, 1, k)); },
               [p, k] { multiply(p.quadrant(1, 0, k)); }, [p, k] { multiply(p.quadrant(1, 1, k)); });
}

void beat_join(benchmark::State& state) {
  suite::beat_pool pool{state.range(0)};
  matmul::result result{state};
  for (auto _ : state) pool.run([&] { multiply(result.whole()); });
}
BENCHMARK(beat_join)->Apply(matmul::with_workers);

}  // namespace
