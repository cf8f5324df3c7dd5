#pragma once
// SPDX-License-Identifier: MIT
// urgent: how long it takes until an urgent task has begun, which is sent while at least so many others are queued and
// the only worker runs those, of a microsecond each. Nobody else has to wait: the others begin in between.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

namespace urgent {

using clock = std::chrono::steady_clock;

inline constexpr long queued = 100'000;

/// `send(f)` and `send_urgent(f)` have to give `f` to a thread that runs one task after the other.
template <class Send, class SendUrgent>
void measure(benchmark::State& state, Send send, SendUrgent send_urgent) {
  std::vector<double> times;
  std::atomic<long> begun{0};
  long sent = 0;
  for (auto _ : state) {
    while (sent - begun < queued + queued / 10) {
      send([&begun] {
        begun.fetch_add(1, std::memory_order_relaxed);
        for (auto const end = clock::now() + std::chrono::microseconds{1}; clock::now() < end;) {
        }
      });
      ++sent;
    }
    std::atomic<bool> has_begun{false};
    clock::time_point begin;
    clock::time_point const start = clock::now();
    send_urgent([&] {
      begin = clock::now();
      has_begun.store(true, std::memory_order_release);
    });
    while (!has_begun.load(std::memory_order_acquire)) std::this_thread::yield();
    std::chrono::duration<double> const time = begin - start;
    state.SetIterationTime(time.count());
    times.push_back(time.count() * 1e6);
  }
  while (begun != sent) std::this_thread::yield();
  std::sort(times.begin(), times.end());
  state.counters["p50_us"] = times[times.size() / 2];
  state.counters["p99_us"] = times[times.size() * 99 / 100];
}

inline void often(benchmark::internal::Benchmark* b) { b->Iterations(2000)->UseManualTime(); }

}  // namespace urgent
