#pragma once
// SPDX-License-Identifier: MIT
// submit: a million tasks that only count themselves, handed to two workers by one or two threads. What is reported is
// the time for a task, from the first one handed over until all are done.

#include <benchmark/benchmark.h>

#include <array>
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "suite/suite.hpp"

namespace submit {

inline constexpr long tasks = 1'000'000;

/// Counts tasks, in a cell of its own for each thread that runs some.
class tally {
 public:
  void count() {
    thread_local std::size_t const mine = threads_++;
    std::atomic<long>& number = cells_[mine % cells_.size()].count;
    number.store(number.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
  long total() const {
    long sum = 0;
    for (cell const& c : cells_) sum += c.count.load(std::memory_order_relaxed);
    return sum;
  }

 private:
  struct alignas(64) cell {
    std::atomic<long> count{0};
  };
  std::array<cell, 64> cells_;
  std::atomic<std::size_t> threads_{0};
};

/// Calls `hand_over(n)` on each of so many threads, n tasks in all, then `finish()`.
template <class HandOver, class Finish>
void measure(benchmark::State& state, tally const& done, long n, HandOver hand_over, Finish finish) {
  long const producers = state.range(0);
  long expected = 0;
  for (auto _ : state) {
    auto const start = std::chrono::steady_clock::now();
    std::vector<std::thread> others;
    for (long i = 1; i < producers; ++i) others.emplace_back([&] { suite::pin(1), hand_over(n / producers); });
    hand_over(n / producers);
    for (std::thread& other : others) other.join();
    finish();
    std::chrono::duration<double> const time = std::chrono::steady_clock::now() - start;
    state.SetIterationTime(time.count() / static_cast<double>(n));
    if (done.total() != (expected += n)) state.SkipWithError("some tasks were not run");
  }
}

/// The arguments of every competitor.
inline void with_producers(benchmark::internal::Benchmark* b) {
  b->ArgNames({"producers", "workers"})->Args({1, 2})->Args({2, 2})->UseManualTime()->Iterations(2);
}

}  // namespace submit
