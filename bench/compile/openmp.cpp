// SPDX-License-Identifier: MIT
// OpenMP: its header, and a parallel region.

#include "problem.hpp"

namespace {

void openmp(benchmark::State& state) {
  compile::measure(state, R"(#include <omp.h>
int main() {
  int a = 0;
#pragma omp parallel
  a = omp_get_num_threads() == 0;
  return a;
})",
                   "-fopenmp");
}
BENCHMARK(openmp)->Apply(compile::once);

}  // namespace
