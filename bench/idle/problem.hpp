#pragma once
// SPDX-License-Identifier: MIT
// idle: how much CPU a runtime uses in a second in which it has nothing to do, a while after some work.

#include <benchmark/benchmark.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <thread>

namespace idle {

/// CPU time of all threads but the calling one. Units: milliseconds.
inline double cpu_time() {
  auto const milliseconds = [](clockid_t clock) {
    timespec t{};
    clock_gettime(clock, &t);
    return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_nsec) / 1e6;
  };
  return milliseconds(CLOCK_PROCESS_CPUTIME_ID) - milliseconds(CLOCK_THREAD_CPUTIME_ID);
}

/// `work()` has to use all threads of the runtime.
template <class Work>
void measure(benchmark::State& state, Work work) {
  using namespace std::chrono_literals;
  for (auto _ : state) {
    work();
    std::this_thread::sleep_for(1s);  // longer than any of them stays awake
    double const before = cpu_time();
    std::this_thread::sleep_for(2s);
    double const used = std::max(0.0, cpu_time() - before) / 2;
    state.counters["cpu_ms_per_s"] = used;
    state.SetIterationTime(used / 1e3);
  }
}

/// The arguments of every competitor.
inline void once(benchmark::internal::Benchmark* b) { b->Iterations(1)->UseManualTime(); }

}  // namespace idle
