// SPDX-License-Identifier: MIT
// oneTBB: parallel_invoke for each call.

#include <oneapi/tbb/parallel_invoke.h>

#include "problem.hpp"
#include "suite/tbb_arena.hpp"

namespace {

long fib_tbb(int n) {
  if (n < 2) return n;
  long left = 0, right = 0;
  tbb::parallel_invoke([&] { left = fib_tbb(n - 1); }, [&] { right = fib_tbb(n - 2); });
  return left + right;
}

void tbb_invoke(benchmark::State& state) {
  suite::tbb_arena arena{state.range(1)};
  for (auto _ : state) fib::check(state, arena.run([&] { return fib_tbb(static_cast<int>(state.range(0))); }));
}
BENCHMARK(tbb_invoke)->Apply(fib::with_workers);

}  // namespace
