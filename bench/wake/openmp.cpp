// SPDX-License-Identifier: MIT
// OpenMP: the second thread of a parallel region.

#include "problem.hpp"
#include "suite/openmp_team.hpp"

namespace {

void openmp(benchmark::State& state) {
  int const threads = suite::openmp_team(2);
  wake::measure(state, [&](auto work) {
#pragma omp parallel num_threads(threads)
    if (omp_get_thread_num() == 1) work();
  });
}
WAKE_BENCHMARK(openmp);

}  // namespace
