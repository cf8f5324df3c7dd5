// SPDX-License-Identifier: MIT
// The same recursion in plain calls, and the making of the factors.

#include "problem.hpp"

namespace {

[[maybe_unused]] bool const prepared = suite::prepare([] { matmul::inputs(); });

void multiply(matmul::product p) {
  if (p.n == matmul::leaf) return matmul::multiply_leaf(p.c, p.a, p.b);
  for (std::size_t k = 0; k < 2; ++k) {
    multiply(p.quadrant(0, 0, k));
    multiply(p.quadrant(0, 1, k));
    multiply(p.quadrant(1, 0, k));
    multiply(p.quadrant(1, 1, k));
  }
}

void serial(benchmark::State& state) {
  suite::pin(0);
  matmul::result result{state};
  for (auto _ : state) multiply(result.whole());
}
BENCHMARK(serial)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
