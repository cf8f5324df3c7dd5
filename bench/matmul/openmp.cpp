// SPDX-License-Identifier: MIT
// OpenMP: a task for each quadrant but the last.

#include "problem.hpp"
#include "suite/openmp_team.hpp"

namespace {

void multiply(matmul::product p) {
  if (p.n == matmul::leaf) return matmul::multiply_leaf(p.c, p.a, p.b);
  for (std::size_t k = 0; k < 2; ++k) {
#pragma omp task default(none) firstprivate(p, k)
    multiply(p.quadrant(0, 0, k));
#pragma omp task default(none) firstprivate(p, k)
    multiply(p.quadrant(0, 1, k));
#pragma omp task default(none) firstprivate(p, k)
    multiply(p.quadrant(1, 0, k));
    multiply(p.quadrant(1, 1, k));
#pragma omp taskwait
  }
}

void openmp(benchmark::State& state) {
  int const threads = suite::openmp_team(state.range(0));
  matmul::result result{state};
  for (auto _ : state) {
#pragma omp parallel num_threads(threads)
#pragma omp single
    multiply(result.whole());
  }
}
BENCHMARK(openmp)->Apply(matmul::with_workers);

}  // namespace
