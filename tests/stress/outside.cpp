// SPDX-License-Identifier: MIT
// Many threads that belong to no pool use pools at once, and pools are used inside of each other.

#include <algorithm>
#include <atomic>
#include <beat.hpp>
#include <numeric>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "stress.hpp"
#include "workers.hpp"

namespace {

using namespace stress;

long fibonacci(int n) {
  if (n < 2) return n;
  auto later = beat::pcall([n] { return fibonacci(n - 1); });
  long const right = fibonacci(n - 2);
  return later.get() + right;
}

/// Calls `f(i)` on `count` threads at once; returns how many of them it returned false to, or threw at.
template <class F>
int failures_on_threads(int count, F f) {
  std::atomic<int> failures{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i)
    threads.emplace_back([&, i] {
      try {
        if (!f(i)) ++failures;
      } catch (...) {
        ++failures;
      }
    });
  for (std::thread& t : threads) t.join();
  return failures;
}

}  // namespace

TEST_CASE("64 outside threads run and submit and loop", "[stress]") {
  unsigned const workers = workers_under_test();
  watched<beat::ThreadPool> pool{"64 outside threads", workers};
  std::atomic<long> posted{0};
  constexpr int rounds = 40;
  int const failures = failures_on_threads(64, [&](int i) {
    for (int round = 0; round < rounds; ++round) {
      if (pool.run([] { return fibonacci(12); }) != 144) return false;
      beat::future<int> const abandoned = pool.submit([] { return 0; });
      beat::future<int> answer = pool.submit([i] { return i; });
      std::vector<int> numbers(500);
      beat::parallel_for(pool, 0, 500, [&](int k) { numbers[static_cast<std::size_t>(k)] = k; });
      if (std::accumulate(numbers.begin(), numbers.end(), 0) != 499 * 500 / 2) return false;
      if (beat::parallel_reduce(pool, numbers, 0) != 499 * 500 / 2) return false;
      pool.post([&] { ++posted; });
      if (answer.get() != i) return false;
      beat::task_group group{pool};
      std::atomic<int> members{0};
      for (int k = 0; k < 5; ++k) group.run([&] { ++members; });
      group.wait();
      if (members != 5) return false;
      if (round % 4 == 0) pool.wait();
    }
    return true;
  });
  pool.wait();
  CHECK(failures == 0);
  CHECK(posted == 64 * rounds);
  beat::pool_stats const stats = pool.stats();
  CHECK(stats.submitted == stats.completed + stats.failed + stats.cancelled);
  CHECK(stats.submitted >= 64 * rounds * 8);
}

TEST_CASE("two pools are used inside of each other", "[stress]") {
  unsigned const workers = workers_under_test();
  watched<beat::ThreadPool> a{"pools inside of each other", workers};
  watched<beat::ThreadPool> b{"pools inside of each other", workers};
  int const failures = failures_on_threads(8, [&](int i) {
    beat::ThreadPool& outer = i % 2 == 0 ? a : b;
    beat::ThreadPool& inner = i % 2 == 0 ? b : a;
    for (int round = 0; round < 60; ++round) {
      std::atomic<long> sum{0};
      beat::parallel_for(outer, 0, 8, [&](int k) {
        sum += inner.run([&] {
          // back into the pool that is waiting for this
          auto const [left, right] = beat::join([&] { return outer.run([] { return fibonacci(8); }); },
                                                [&] { return outer.submit([] { return 1L; }).get(); });
          return left + right + k;
        });
      });
      if (sum != 8 * (21 + 1) + 28) return false;
    }
    return true;
  });
  CHECK(failures == 0);
}

TEST_CASE("blocked chains through two pools go on", "[stress]") {
  watched<beat::ThreadPool> a{"a chain of pools that wait for each other", 1};
  watched<beat::ThreadPool> b{"a chain of pools that wait for each other", 1};
  struct chain {
    static int down(beat::ThreadPool& here, beat::ThreadPool& there, int depth) {
      // The future's task can't be run by the one who waits for it until a worker began it elsewhere.
      if (depth == 0) return 0;
      return there.submit([&here, &there, depth] { return down(there, here, depth - 1); }).get() + 1;
    }
  };
  for (int round = 0; round < 20; ++round) REQUIRE(chain::down(a, b, 20) == 20);

  // All of these block in a task, at once, for tasks which only another thread can run.
  std::vector<beat::future<int>> waiting;
  for (int i = 0; i < 20; ++i)
    waiting.push_back(a.submit([&] {
      auto inner = b.submit([&] {
        auto innermost = a.submit([] { return 1; });
        while (!innermost.wait_for(10ms)) {
        }
        return innermost.get();
      });
      while (!inner.wait_for(10ms)) {
      }
      return inner.get();
    }));
  int sum = 0;
  for (auto& f : waiting) sum += f.get();
  CHECK(sum == 20);
}

TEST_CASE("algorithms nest 3 deep inside of calls", "[stress]") {
  unsigned const workers = workers_under_test();
  watched<beat::ThreadPool> pool{"nested algorithms", workers};
  constexpr std::size_t n = 12;
  auto const nest = [&](bool through_pool) {
    std::vector<std::atomic<int>> seen(n * n * n);
    auto const innermost = [&](std::size_t i, std::size_t j) {
      auto const body = [&, i, j](std::size_t k) { ++seen[(i * n + j) * n + k]; };
      through_pool ? beat::parallel_for(pool, std::size_t{0}, n, body)
                   : beat::parallel_for(beat::here(), std::size_t{0}, n, body);
    };
    auto const middle = [&](std::size_t i) {
      std::vector<std::size_t> indices(n);
      std::iota(indices.begin(), indices.end(), 0);
      auto const body = [&, i](std::size_t j) {
        auto call = beat::pcall([&, i, j] { innermost(i, j); });
        call.get();
        return 1;
      };
      auto const ones =
          through_pool ? beat::parallel_map(pool, indices, body) : beat::parallel_map(beat::here(), indices, body);
      return std::accumulate(ones.begin(), ones.end(), 0);
    };
    int const total = pool.run([&] {
      auto first = beat::pcall([&] {
        return beat::parallel_reduce(beat::here(), std::views::iota(std::size_t{0}, n / 2), 0, std::plus<>{}, middle);
      });
      int const second = beat::parallel_reduce(beat::here(), std::views::iota(n / 2, n), 0, std::plus<>{}, middle);
      return first.get() + second;
    });
    return total == static_cast<int>(n * n) && std::all_of(seen.begin(), seen.end(), [](auto& s) { return s == 1; });
  };
  for (int round = 0; round < 150; ++round) {
    REQUIRE(nest(true));
    REQUIRE(nest(false));
  }
}
