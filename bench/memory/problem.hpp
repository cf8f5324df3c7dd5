#pragma once
// SPDX-License-Identifier: MIT
// memory: how much of it fib(30) takes, and a million tasks that wait behind one that blocks. As everything is measured
// in a process of its own, what the process has at its start is the same for all.

#include <benchmark/benchmark.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <string>
#include <thread>

namespace memory {

inline constexpr int n = 30;
inline constexpr long answer = 832'040;
inline constexpr long tasks = 1'000'000;

/// The most memory that this process had. Units: KiB.
inline double peak() {
  std::ifstream status{"/proc/self/status"};
  for (std::string word; status >> word;)
    if (double kib = 0; word == "VmHWM:" && status >> kib) return kib;
  return 0;
}

/// The memory that this process has. Units: bytes.
inline double resident() {
  std::ifstream status{"/proc/self/statm"};
  long pages = 0, resident_pages = 0;
  status >> pages >> resident_pages;
  return static_cast<double>(resident_pages) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

template <class Fib>
void measure_fib(benchmark::State& state, Fib fib) {
  for (auto _ : state)
    if (fib() != answer) state.SkipWithError("wrong answer");
  state.counters["peak_kib"] = peak();
}

/// `hand_over(f)` has to give `f` to the one thread that runs tasks.
template <class HandOver>
void measure_tasks(benchmark::State& state, HandOver hand_over) {
  std::atomic<bool> blocks{false}, goes_on{false};
  std::atomic<long> run{0};
  for (auto _ : state) {
    hand_over([&] {
      blocks = true;
      goes_on.wait(false);
    });
    while (!blocks) std::this_thread::yield();
    double const before = resident();
    for (long i = 0; i < tasks; ++i) hand_over([&run] { run.fetch_add(1, std::memory_order_relaxed); });
    state.counters["bytes_per_task"] = (resident() - before) / tasks;
    goes_on = true;
    goes_on.notify_one();
    while (run != tasks) std::this_thread::yield();
  }
}

inline void once(benchmark::internal::Benchmark* b) { b->Iterations(1)->Unit(benchmark::kMillisecond)->UseRealTime(); }

}  // namespace memory
