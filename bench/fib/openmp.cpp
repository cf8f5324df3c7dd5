// SPDX-License-Identifier: MIT
// OpenMP: a task for each left call.

#include "problem.hpp"
#include "suite/openmp_team.hpp"

namespace {

long fib_openmp(int n) {
  if (n < 2) return n;
  long left = 0;
#pragma omp task default(none) shared(left) firstprivate(n)
  left = fib_openmp(n - 1);
  long const right = fib_openmp(n - 2);
#pragma omp taskwait
  return left + right;
}

void openmp(benchmark::State& state) {
  int const threads = suite::openmp_team(state.range(1));
  int const n = static_cast<int>(state.range(0));
  for (auto _ : state) {
    long result = 0;
#pragma omp parallel num_threads(threads)
#pragma omp single
    result = fib_openmp(n);
    fib::check(state, result);
  }
}
BENCHMARK(openmp)->Apply(fib::with_workers);

}  // namespace
