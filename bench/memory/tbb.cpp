// SPDX-License-Identifier: MIT
// oneTBB: parallel_invoke, and enqueued tasks.

#include <oneapi/tbb/parallel_invoke.h>

#include "problem.hpp"
#include "suite/tbb_arena.hpp"

namespace {

long fib(int n) {
  if (n < 2) return n;
  long left = 0, right = 0;
  tbb::parallel_invoke([&] { left = fib(n - 1); }, [&] { right = fib(n - 2); });
  return left + right;
}

void tbb_invoke(benchmark::State& state) {
  suite::tbb_arena arena{2};
  memory::measure_fib(state, [&] { return arena.run([] { return fib(memory::n); }); });
}
BENCHMARK(tbb_invoke)->Apply(memory::once);

void tbb_enqueue(benchmark::State& state) {
  suite::tbb_arena arena{2};  // one of the two is the thread that waits outside
  memory::measure_tasks(state, [&](auto task) { arena.enqueue(task); });
}
BENCHMARK(tbb_enqueue)->Apply(memory::once);

}  // namespace
