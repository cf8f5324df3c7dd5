// SPDX-License-Identifier: MIT
// Run where the system lets it have few threads: a pool that gets too few is refused in words, and one that fits works
// although no thread can stand in for those that block.

#include <atomic>
#include <beat.hpp>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

#include "fail.hpp"

namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

/// Threads that do nothing, so that nobody else gets them.
class idlers {
 public:
  static constexpr std::size_t all = 1000;

  /// Fewer than `count` where there have been no more for a while: a thread counts until it is quite gone, and that is
  /// after its join.
  explicit idlers(std::size_t count) {
    for (auto last = clock::now(); threads_.size() < count && clock::now() - last < 200ms;) {
      try {
        threads_.emplace_back([this] { over_.wait(false); });
        last = clock::now();
      } catch (std::system_error const& e) {
        if (e.code() != std::errc::resource_unavailable_try_again) fail(e.what());
        std::this_thread::sleep_for(1ms);
      }
    }
    if (threads_.size() == all) fail("1000 threads could be started: this shows nothing");
  }
  ~idlers() {
    over_ = true;
    over_.notify_all();
    for (std::thread& t : threads_) t.join();
  }
  idlers(idlers const&) = delete;
  idlers& operator=(idlers const&) = delete;

 private:
  std::atomic<bool> over_{false};
  std::vector<std::thread> threads_;
};

void expect_refusal(unsigned workers) {
  try {
    beat::ThreadPool const pool{workers};
  } catch (beat::error const& e) {
    std::puts(e.what());
    if (e.code() == beat::errc::thread_creation_failed) return;
  }
  fail("the pool is not refused");
}

/// A pool of threads that were given back a moment ago.
void make(std::optional<beat::ThreadPool>& pool, unsigned workers) {
  for (auto const begun = clock::now();; std::this_thread::sleep_for(1ms)) {
    try {
      pool.emplace(workers);
      return;
    } catch (beat::error const& e) {
      if (clock::now() - begun > 10s) fail(e.what());
    }
  }
}

/// Pools that wait for each other; those who wait run what they wait for.
int sum_by_both(beat::ThreadPool& a, beat::ThreadPool& b) {
  std::vector<beat::future<int>> futures;
  for (int i = 0; i < 20; ++i)
    futures.push_back(a.submit([&, i] {
      auto there = b.submit([&, i] { return a.submit([i] { return i; }).get(); });
      return there.get();
    }));
  int sum = 0;
  for (auto& f : futures) sum += f.get();
  return sum;
}

/// Every worker of `a` blocks: what is queued waits for a thread that stands in. `idle` is what keeps it from being
/// started; without that, the next task that arrives starts one.
void block_all(beat::ThreadPool& a, beat::ThreadPool& b, std::optional<idlers>& idle) {
  std::atomic<std::size_t> begun{0};
  std::atomic<bool> open{false};
  std::atomic<bool> ran{false};
  auto const gate = b.submit([&] {
    ++begun;
    open.wait(false);
  });
  while (begun != 1) std::this_thread::yield();
  for (std::size_t i = 0; i < a.workers(); ++i)
    a.post([&] {
      ++begun;
      gate.wait();
    });
  while (begun != 1 + a.workers()) std::this_thread::yield();
  a.post([&] { ran = true; });
  std::this_thread::sleep_for(50ms);
  if (ran) fail("a thread could be started: this shows nothing");
  idle.reset();
  for (auto const start = clock::now(); !ran; std::this_thread::sleep_for(1ms)) {
    a.post([] {});
    if (clock::now() - start > 10s) fail("no thread stands in for those that block");
  }
  open = true;
  open.notify_all();
  a.wait();
  if (a.stats().completed != a.stats().submitted) fail("a task was lost");
}

}  // namespace

int main() {
  expect_refusal(500);
  std::optional<idlers> three{3};
  std::optional<idlers> others{idlers::all};
  expect_refusal(1);
  three.reset();
  std::optional<beat::ThreadPool> a, b;
  make(a, 2);
  make(b, 1);
  idlers const last{idlers::all};
  int const sum = sum_by_both(*a, *b);
  block_all(*a, *b, others);
  std::printf("sum: %d\n", sum);
  return sum == 190 ? 0 : 1;
}
