// SPDX-License-Identifier: MIT
// beat: join, and posted tasks.

#include "problem.hpp"
#include "suite/beat_pool.hpp"

namespace {

long fib(int n) {
  if (n < 2) return n;
  auto const [left, right] = beat::join([n] { return fib(n - 1); }, [n] { return fib(n - 2); });
  return left + right;
}

void beat_join(benchmark::State& state) {
  suite::beat_pool pool{2};
  memory::measure_fib(state, [&] { return pool.run([] { return fib(memory::n); }); });
}
BENCHMARK(beat_join)->Apply(memory::once);

void beat_post(benchmark::State& state) {
  suite::beat_pool pool{1};
  memory::measure_tasks(state, [&](auto task) { (*pool).post(task); });
}
BENCHMARK(beat_post)->Apply(memory::once);

}  // namespace
