// SPDX-License-Identifier: MIT
// oneTBB: everything, and the header for parallel_invoke alone.

#include "problem.hpp"

namespace {

void tbb_all(benchmark::State& state) {
  compile::measure(state, R"(#include <oneapi/tbb.h>
int main() { int a, b; tbb::parallel_invoke([&] { a = 0; }, [&] { b = 1; }); return a; })");
}
BENCHMARK(tbb_all)->Apply(compile::once);

void tbb_invoke(benchmark::State& state) {
  compile::measure(state, R"(#include <oneapi/tbb/parallel_invoke.h>
int main() { int a, b; tbb::parallel_invoke([&] { a = 0; }, [&] { b = 1; }); return a; })");
}
BENCHMARK(tbb_invoke)->Apply(compile::once);

}  // namespace
