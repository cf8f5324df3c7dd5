// SPDX-License-Identifier: MIT
// OpenMP: a task for the first of the two.

#include "problem.hpp"
#include "suite/openmp_team.hpp"

namespace {

void openmp(benchmark::State& state) {
  int const threads = suite::openmp_team(2);
  long_leaf::measure(state, [&](auto f, auto g) {
#pragma omp parallel num_threads(threads)
#pragma omp single
    {
#pragma omp task shared(f)
      f();
      g();
    }
  });
}
BENCHMARK(openmp)->Apply(long_leaf::after_idleness);

}  // namespace
