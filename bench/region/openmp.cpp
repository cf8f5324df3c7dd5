// SPDX-License-Identifier: MIT
// OpenMP: a parallel region with a static loop each time.

#include "problem.hpp"
#include "suite/openmp_team.hpp"

namespace {

void openmp(benchmark::State& state) {
  int const threads = suite::openmp_team(state.range(1));
  region::numbers x{state};
  double* const data = x.data();
  std::size_t const size = x.size();
  for (auto _ : state) {
#pragma omp parallel for simd num_threads(threads) schedule(static)
    for (std::size_t i = 0; i < size; ++i) data[i] += 1;
    benchmark::ClobberMemory();
  }
}
BENCHMARK(openmp)->Apply(region::sizes_on_two);

}  // namespace
