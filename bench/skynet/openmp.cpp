// SPDX-License-Identifier: MIT
// OpenMP: a task for each child but the last.

#include "problem.hpp"
#include "suite/openmp_team.hpp"

namespace {

using skynet::children;

long sum(long first, long size) {
  if (size == 1) return first;
  long const part = size / children;
  long sums[children];
  for (long i = 0; i < children - 1; ++i) {
#pragma omp task default(none) shared(sums) firstprivate(i, first, part)
    sums[i] = sum(first + i * part, part);
  }
  sums[children - 1] = sum(first + (children - 1) * part, part);
#pragma omp taskwait
  long total = 0;
  for (long const one : sums) total += one;
  return total;
}

void openmp(benchmark::State& state) {
  int const threads = suite::openmp_team(state.range(0));
  for (auto _ : state) {
    long result = 0;
#pragma omp parallel num_threads(threads)
#pragma omp single
    result = sum(0, skynet::leaves);
    skynet::check(state, result);
  }
}
BENCHMARK(openmp)->Apply(skynet::with_workers);

}  // namespace
