#pragma once
// SPDX-License-Identifier: MIT
// allocation: objects of 64 bytes, allocated n at a time and freed in the same order, by the same thread or by another
// one, to which they go in a ring of 64 such lots. What is reported is the time for an object, from its allocation
// until it is free; both threads write, or read, its first word.

#include <benchmark/benchmark.h>

#include <array>
#include <atomic>
#include <beat/base/atomics.hpp>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

#include "suite/suite.hpp"

namespace allocation {

struct object {
  std::uint64_t words[8];
};

inline constexpr std::uint64_t objects = 1'000'000;  // in an iteration
inline constexpr std::uint64_t answer = objects * (objects - 1) / 2;

using lot = std::vector<object*>;

template <class Allocate>
void fill(lot& l, std::uint64_t first, Allocate& allocate) {
  for (object*& o : l) {
    o = allocate();
    o->words[0] = first++;
  }
}

template <class Free>
std::uint64_t empty(lot const& l, Free& free) {
  std::uint64_t sum = 0;
  for (object* const o : l) {
    sum += o->words[0];
    free(o);
  }
  return sum;
}

template <class Allocate, class Free>
std::uint64_t in_one_thread(lot& l, Allocate& allocate, Free& free) {
  std::uint64_t sum = 0;
  for (std::uint64_t first = 0; first < objects; first += l.size()) {
    fill(l, first, allocate);
    sum += empty(l, free);
  }
  return sum;
}

/// Lots on their way from one thread to another.
class ring {
 public:
  explicit ring(std::size_t n) { lots_.fill(lot(n)); }

  template <class Use>
  void produce(Use use) {
    std::uint64_t const now = produced_.load(std::memory_order_relaxed);
    while (now - consumed_.load(std::memory_order_acquire) == lots_.size()) beat::std_atomics::pause();
    use(lots_[now % lots_.size()]);
    produced_.store(now + 1, std::memory_order_release);
  }

  template <class Use>
  void consume(Use use) {
    std::uint64_t const now = consumed_.load(std::memory_order_relaxed);
    while (produced_.load(std::memory_order_acquire) == now) beat::std_atomics::pause();
    use(lots_[now % lots_.size()]);
    consumed_.store(now + 1, std::memory_order_release);
  }

 private:
  std::array<lot, 64> lots_;
  alignas(64) std::atomic<std::uint64_t> produced_{0};
  alignas(64) std::atomic<std::uint64_t> consumed_{0};
};

template <class Allocate, class Free>
std::uint64_t in_two_threads(ring& r, std::size_t n, Allocate& allocate, Free& free) {
  std::uint64_t sum = 0;
  suite::pin(1);  // which the other thread inherits: with a real-time priority it would not start beside this one
  std::thread other{[&] {
    for (std::uint64_t first = 0; first < objects; first += n) r.consume([&](lot& l) { sum += empty(l, free); });
  }};
  suite::pin(0);
  for (std::uint64_t first = 0; first < objects; first += n) r.produce([&](lot& l) { fill(l, first, allocate); });
  other.join();
  return sum;
}

template <class Allocate, class Free>
void measure(benchmark::State& state, Allocate allocate, Free free) {
  bool const by_another = state.range(0) != 0;
  auto const n = static_cast<std::size_t>(state.range(1));
  suite::pin(0);
  lot l(n);
  ring r{by_another ? n : 0};
  for (auto _ : state) {
    auto const start = std::chrono::steady_clock::now();
    std::uint64_t const sum = by_another ? in_two_threads(r, n, allocate, free) : in_one_thread(l, allocate, free);
    std::chrono::duration<double> const time = std::chrono::steady_clock::now() - start;
    state.SetIterationTime(time.count() / static_cast<double>(objects));
    if (sum != answer) state.SkipWithError("an object was overwritten");
  }
}

/// The arguments: whether another thread frees, and how many objects are allocated at a time.
inline void in_the_same_thread(benchmark::internal::Benchmark* b) {
  b->ArgNames({"by_another", "n"})->UseManualTime()->Iterations(5);
  for (long const n : {1, 100, 10'000}) b->Args({0, n});
}
inline void in_any_thread(benchmark::internal::Benchmark* b) {
  in_the_same_thread(b);
  for (long const n : {100, 1000}) b->Args({1, n});
}

}  // namespace allocation
