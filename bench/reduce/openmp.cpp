// SPDX-License-Identifier: MIT
// OpenMP: a static loop with a reduction, by vectors.

#include "problem.hpp"
#include "suite/openmp_team.hpp"

namespace {

void openmp(benchmark::State& state) {
  int const threads = suite::openmp_team(state.range(0));
  double const* const x = reduce::inputs().data();
  for (auto _ : state) {
    double sum = 0;
#pragma omp parallel for simd num_threads(threads) schedule(static) reduction(+ : sum)
    for (std::size_t i = 0; i < reduce::size; ++i) sum += x[i];
    reduce::check(state, sum);
  }
}
BENCHMARK(openmp)->Apply(reduce::with_workers);

}  // namespace
