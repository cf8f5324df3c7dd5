// SPDX-License-Identifier: MIT
// OpenMP: tasks. It does not let many of them wait: whoever makes too many runs them.

#include "problem.hpp"
#include "suite/openmp_team.hpp"

namespace {

long fib(int n) {
  if (n < 2) return n;
  long left = 0;
#pragma omp task default(none) shared(left) firstprivate(n)
  left = fib(n - 1);
  long const right = fib(n - 2);
#pragma omp taskwait
  return left + right;
}

void openmp(benchmark::State& state) {
  int const threads = suite::openmp_team(2);
  memory::measure_fib(state, [threads] {
    long result = 0;
#pragma omp parallel num_threads(threads)
#pragma omp single
    result = fib(memory::n);
    return result;
  });
}
BENCHMARK(openmp)->Apply(memory::once);

}  // namespace
