// SPDX-License-Identifier: MIT
// OpenMP: the schedules that give out elements one by one, and in chunks that get smaller.

#include "problem.hpp"
#include "suite/openmp_team.hpp"

namespace {

using namespace unbalanced_map;

void openmp_dynamic(benchmark::State& state) {
  int const threads = suite::openmp_team(state.range(0));
  output result(size);
  for (auto _ : state) {
#pragma omp parallel for num_threads(threads) schedule(dynamic)
    for (std::size_t i = 0; i < size; ++i) result[i] = spin(inputs().steps[i]);
    check(state, result);
  }
}
BENCHMARK(openmp_dynamic)->Apply(with_workers);

void openmp_guided(benchmark::State& state) {
  int const threads = suite::openmp_team(state.range(0));
  output result(size);
  for (auto _ : state) {
#pragma omp parallel for num_threads(threads) schedule(guided)
    for (std::size_t i = 0; i < size; ++i) result[i] = spin(inputs().steps[i]);
    check(state, result);
  }
}
BENCHMARK(openmp_guided)->Apply(with_workers);

}  // namespace
