// SPDX-License-Identifier: MIT
// beat: join and pcall through the thread, and join with a context that is passed on.

#include <beat.hpp>

#include "problem.hpp"

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
  beat::ThreadPool pool{static_cast<unsigned>(state.range(0))};
  for (auto _ : state) fib::report(state, pool.run(f));
}

void beat_join(benchmark::State& state) {
  on_workers(state, [] { return fib_join(fib::argument); });
}
void beat_join_context(benchmark::State& state) {
  on_workers(state, [](beat::context where) { return fib_context(where, fib::argument); });
}
void beat_pcall(benchmark::State& state) {
  on_workers(state, [] { return fib_pcall(fib::argument); });
}
BENCHMARK(beat_join)->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(beat_join_context)->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(beat_pcall)->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
