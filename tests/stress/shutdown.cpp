// SPDX-License-Identifier: MIT
// Nothing is lost when a pool ends, however it ends and whatever is queued.

#include <atomic>
#include <beat.hpp>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "stress.hpp"
#include "workers.hpp"

namespace {

using namespace stress;

}  // namespace

TEST_CASE("the end of a pool with 1000 pending tasks runs all of them", "[stress]") {
  unsigned const workers = workers_under_test();
  for (int round = 0; round < 20; ++round) {
    std::atomic<int> ran{0};
    {
      std::atomic<unsigned> held{0};
      std::atomic<bool> go{false};
      watched<beat::ThreadPool> pool{"the end of a pool with pending tasks", workers};
      for (unsigned i = 0; i < workers; ++i)
        pool.post([&] {
          ++held;
          go.wait(false);
        });
      while (held != workers) std::this_thread::yield();  // every worker is occupied: what follows stays queued
      for (int i = 0; i < 1000; ++i) pool.post([&] { ++ran; });
      REQUIRE(ran == 0);
      go = true;
      go.notify_all();
    }
    REQUIRE(ran == 1000);
  }
}

TEST_CASE("tasks that submit others while the pool ends are all run", "[stress]") {
  unsigned const workers = workers_under_test();
  for (int round = 0; round < 50; ++round) {
    std::atomic<int> ran{0};
    {
      watched<beat::ThreadPool> pool{"tasks that submit tasks during a drain", workers};
      struct grow {
        beat::ThreadPool& pool;
        std::atomic<int>& ran;
        int levels;
        void operator()() const {
          ++ran;
          if (levels == 0) return;
          pool.post(grow{pool, ran, levels - 1});
          pool.post(grow{pool, ran, levels - 1});
        }
      };
      pool.post(grow{pool, ran, 9});
    }
    REQUIRE(ran == (1 << 10) - 1);
  }
}

TEST_CASE("a stop settles every future", "[stress]") {
  unsigned const workers = workers_under_test();
  for (int round = 0; round < 50; ++round) {
    watched<beat::ThreadPool> pool{"a stop with queued tasks", workers};
    std::vector<beat::future<int>> futures;
    for (int i = 0; i < 500; ++i) futures.push_back(pool.submit([i] { return i; }));
    pool.shutdown(beat::shutdown_mode::stop);
    int completed = 0;
    int cancelled = 0;
    int wrong = 0;
    for (int i = 0; i < 500; ++i) {
      auto& f = futures[static_cast<std::size_t>(i)];
      if (!f.is_ready()) ++wrong;
      try {
        if (f.get() == i) ++completed;
      } catch (beat::error const& e) {
        if (e.code() == beat::errc::cancelled) ++cancelled;
      }
    }
    auto const stats = pool.stats();
    REQUIRE(wrong == 0);
    REQUIRE(completed + cancelled == 500);
    REQUIRE(stats.submitted == 500);
    REQUIRE(stats.completed == static_cast<std::uint64_t>(completed));
    REQUIRE(stats.cancelled == static_cast<std::uint64_t>(cancelled));
  }
}

TEST_CASE("submits that race with a shutdown are run or refused", "[stress]") {
  unsigned const workers = workers_under_test();
  for (int round = 0; round < 50; ++round) {
    watched<beat::ThreadPool> pool{"submits beside a shutdown", workers};
    std::atomic<int> ran{0};
    std::atomic<int> accepted{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&] {
        while (pool.try_post([&] { ++ran; })) ++accepted;
      });
    std::this_thread::sleep_for(std::chrono::microseconds{100 * (round % 5)});
    pool.shutdown(beat::shutdown_mode::drain);
    int const ran_by_then = ran;
    for (std::thread& t : threads) t.join();
    REQUIRE(ran_by_then == accepted);
    REQUIRE(pool.stats().submitted == static_cast<std::uint64_t>(accepted));
    REQUIRE(pool.stats().completed == static_cast<std::uint64_t>(accepted));
  }
}

TEST_CASE("pools come and go", "[stress]") {
  int wrong = 0;
  for (unsigned i = 0; i < 200; ++i) {
    watched<beat::ThreadPool> pool{"pools that come and go", i % 4 + 1};
    if (i % 3 != 0) continue;  // most die before their threads have gone to sleep
    auto const [a, b] = pool.run([] { return beat::join([] { return 1; }, [] { return 2; }); });
    if (a != 1 || b != 2) ++wrong;
    if (pool.submit([] { return 3; }).get() != 3) ++wrong;
  }
  CHECK(wrong == 0);
}
