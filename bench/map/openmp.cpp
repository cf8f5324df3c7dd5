// SPDX-License-Identifier: MIT
// OpenMP: a static loop.

#include "problem.hpp"
#include "suite/openmp_team.hpp"

namespace {

void openmp(benchmark::State& state) {
  int const threads = suite::openmp_team(state.range(0));
  map::arrays arrays{state};
  double const* const in = arrays.in.data();
  double* const out = arrays.out.data();
  for (auto _ : state) {
#pragma omp parallel for simd num_threads(threads) schedule(static)
    for (std::size_t i = 0; i < map::size; ++i) out[i] = map::image(in[i]);
    benchmark::ClobberMemory();
  }
}
BENCHMARK(openmp)->Apply(map::with_workers);

}  // namespace
