// SPDX-License-Identifier: MIT
// beat: join and pcall through the thread, and join with a context that is passed on.

#include "problem.hpp"
#include "suite/beat_pool.hpp"

namespace {

long fib_join(int n) {
  if (n < 2) return n;
  auto const [left, right] = beat::join([n] { return fib_join(n - 1); }, [n] { return fib_join(n - 2); });
  return left + right;
}

long fib_context(beat::context where, int n) {
  if (n < 2) return n;
  auto const [left, right] = beat::join(
      where, [n](beat::context next) { return fib_context(next, n - 1); },
      [n](beat::context next) { return fib_context(next, n - 2); });
  return left + right;
}

long fib_pcall(int n) {
  if (n < 2) return n;
  auto left = beat::pcall([n] { return fib_pcall(n - 1); });
  long const right = fib_pcall(n - 2);
  return left.get() + right;
}

template <class F>
void on_workers(benchmark::State& state, F f) {
  suite::beat_pool pool{state.range(1)};
  pool.run([&](beat::context where) {
    for (auto _ : state) fib::check(state, f(where, static_cast<int>(state.range(0))));
  });
}

void beat_join(benchmark::State& state) {
  on_workers(state, [](beat::context, int n) { return fib_join(n); });
}
void beat_join_context(benchmark::State& state) { on_workers(state, fib_context); }
void beat_pcall(benchmark::State& state) {
  on_workers(state, [](beat::context, int n) { return fib_pcall(n); });
}
BENCHMARK(beat_join)->Apply(fib::with_workers_and_large);
BENCHMARK(beat_join_context)->Apply(fib::with_workers_and_large);
BENCHMARK(beat_pcall)->Apply(fib::with_workers_and_large);

}  // namespace
