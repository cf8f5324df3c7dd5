// SPDX-License-Identifier: MIT
#include "problem.hpp"
#include "suite/suite.hpp"

namespace {

[[gnu::noinline]] long fib(int n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

void serial(benchmark::State& state) {
  suite::pin(0);
  int n = memory::n;
  benchmark::DoNotOptimize(n);
  memory::measure_fib(state, [n] { return fib(n); });
}
BENCHMARK(serial)->Apply(memory::once);

}  // namespace
