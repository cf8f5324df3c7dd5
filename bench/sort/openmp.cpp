// SPDX-License-Identifier: MIT
// OpenMP: the sort of libstdc++'s parallel mode.

#include <parallel/algorithm>

#include "problem.hpp"
#include "suite/openmp_team.hpp"

namespace {

void openmp_gnu_parallel(benchmark::State& state) {
  suite::openmp_team(state.range(0));
  sort::measure(state, [](std::vector<double>& values) { __gnu_parallel::sort(values.begin(), values.end()); });
}
BENCHMARK(openmp_gnu_parallel)->Apply(sort::with_workers);

}  // namespace
