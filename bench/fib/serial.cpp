// SPDX-License-Identifier: MIT
// Plain calls: both are real ones, neither inlined nor turned into a loop.

#include "problem.hpp"

namespace {

[[gnu::noinline]] long fib_serial(int n) {
  if (n < 2) return n;
  long const left = fib_serial(n - 1);
  long right = fib_serial(n - 2);
  benchmark::DoNotOptimize(right);  // else the second call becomes a jump
  return left + right;
}

void serial(benchmark::State& state) {
  for (auto _ : state) fib::report(state, fib_serial(fib::argument));
}
BENCHMARK(serial)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
