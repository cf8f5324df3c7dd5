#pragma once
// SPDX-License-Identifier: MIT
// wake: how long it takes until another thread has begun a piece of work, after so many milliseconds without any.
// Whoever hands it over does nothing but wait for it.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

namespace wake {

using clock = std::chrono::steady_clock;

/// `hand_over(f)` has to see to it that another thread calls `f()`; it may wait for the end of that call.
template <class HandOver>
void measure(benchmark::State& state, HandOver hand_over) {
  std::vector<double> times;
  std::atomic<bool> begun;
  clock::time_point begin;
  for (auto _ : state) {
    std::this_thread::sleep_for(std::chrono::milliseconds{state.range(0)});
    begun.store(false);
    clock::time_point const start = clock::now();
    hand_over([&] {
      begin = clock::now();
      begun.store(true, std::memory_order_release);
      begun.notify_one();
    });
    begun.wait(false, std::memory_order_acquire);
    std::chrono::duration<double> const time = begin - start;
    state.SetIterationTime(time.count());
    times.push_back(time.count() * 1e6);
  }
  std::sort(times.begin(), times.end());
  state.counters["p50_us"] = times[times.size() / 2];
  state.counters["p99_us"] = times[times.size() * 99 / 100];
}

inline void after_idleness(benchmark::internal::Benchmark* b, long milliseconds, long times) {
  b->ArgName("ms")->Arg(milliseconds)->Iterations(times)->UseManualTime();
}

}  // namespace wake

/// Registers a competitor for each time of idleness.
#define WAKE_BENCHMARK(f)                                                \
  BENCHMARK(f)->Apply([](auto* b) { wake::after_idleness(b, 1, 200); }); \
  BENCHMARK(f)->Apply([](auto* b) { wake::after_idleness(b, 20, 50); }); \
  BENCHMARK(f)->Apply([](auto* b) { wake::after_idleness(b, 100, 20); })
