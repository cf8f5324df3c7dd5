// SPDX-License-Identifier: MIT
// The standard library: std::async, and a parallel algorithm.

#include "problem.hpp"

namespace {

void std_async(benchmark::State& state) {
  compile::measure(state, R"(#include <future>
int main() { return std::async([] { return 0; }).get(); })");
}
BENCHMARK(std_async)->Apply(compile::once);

void std_par_unseq(benchmark::State& state) {
  compile::measure(state, R"(#include <algorithm>
#include <execution>
int main() { int a[2] = {1, 0}; std::sort(std::execution::par_unseq, a, a + 2); return a[0]; })");
}
BENCHMARK(std_par_unseq)->Apply(compile::once);

}  // namespace
