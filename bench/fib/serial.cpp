// SPDX-License-Identifier: MIT
// Plain calls: both are real ones, neither inlined nor turned into a loop.

#include "problem.hpp"
#include "suite/suite.hpp"

namespace {

[[gnu::noinline]] long fib_serial(int n) {
  if (n < 2) return n;
  long const left = fib_serial(n - 1);
  long right = fib_serial(n - 2);
  benchmark::DoNotOptimize(right);  // else the second call becomes a jump
  return left + right;
}

void serial(benchmark::State& state) {
  suite::pin(0);
  int n = static_cast<int>(state.range(0));
  benchmark::DoNotOptimize(n);
  for (auto _ : state) fib::check(state, fib_serial(n));
}
BENCHMARK(serial)->ArgName("n")->Arg(fib::large)->Arg(fib::small)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
