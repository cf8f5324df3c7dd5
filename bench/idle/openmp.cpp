// SPDX-License-Identifier: MIT
#include "problem.hpp"
#include "suite/openmp_team.hpp"

namespace {

void openmp(benchmark::State& state) {
  int const threads = suite::openmp_team(2);
  idle::measure(state, [&] {
#pragma omp parallel for num_threads(threads)
    for (int i = 0; i < 1'000'000; ++i) benchmark::DoNotOptimize(i);
  });
}
BENCHMARK(openmp)->Apply(idle::once);

}  // namespace
