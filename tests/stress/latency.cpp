// SPDX-License-Identifier: MIT
// A long leaf is shared although its owner never looks up: on 2 workers two leaves of 50 ms take little more than one.

#include <algorithm>
#include <array>
#include <beat.hpp>
#include <thread>

#include "catch.hpp"
#include "stress.hpp"

namespace {

using namespace stress;

constexpr int attempts = 5;

// The machine may have other things to do, so the best of a few attempts counts, and one that is good enough is the
// last.
template <class F>
double best_of_attempts(double good, F&& f) {
  double best = 1e9;
  for (int i = 0; i < attempts && best > good; ++i) best = std::min(best, f());
  return best;
}

double join_of_two_leaves(beat::ThreadPool& pool) {
  auto const start = clock::now();
  pool.run([] { beat::join([] { spin(50ms); }, [] { spin(50ms); }); });
  return milliseconds_since(start);
}

}  // namespace

TEST_CASE("a join of two leaves of 50 ms takes at most 60 ms on a fresh pool", "[stress]") {
  double const time = best_of_attempts(60, [] {
    watched<beat::ThreadPool> pool{"two leaves on a fresh pool", 2};
    return join_of_two_leaves(pool);
  });
  CHECK(time >= 50);
  CHECK(time <= 60);
}

TEST_CASE("a join of two leaves of 50 ms takes at most 60 ms after a second of idleness", "[stress]") {
  watched<beat::ThreadPool> pool{"two leaves after a second of idleness", 2};
  double const time = best_of_attempts(60, [&] {
    std::this_thread::sleep_for(1s);
    return join_of_two_leaves(pool);
  });
  CHECK(time >= 50);
  CHECK(time <= 60);
}

TEST_CASE("a join of two leaves of 50 ms in a task takes at most 60 ms, whether the pool slept or not", "[stress]") {
  watched<beat::ThreadPool> pool{"two leaves in a task", 2};
  auto const pause = GENERATE(0ms, 100ms);
  double const time = best_of_attempts(60, [&] {
    std::this_thread::sleep_for(pause);
    auto const start = clock::now();
    auto done = pool.submit([] { beat::join([] { spin(50ms); }, [] { spin(50ms); }); });
    while (!done.is_ready()) std::this_thread::sleep_for(1ms);  // without taking part
    return milliseconds_since(start);
  });
  CHECK(time >= 50);
  CHECK(time <= 60);
}

TEST_CASE("a future of a leaf of 50 ms is taken while its maker is busy", "[stress]") {
  watched<beat::ThreadPool> pool{"a leaf beside its maker", 2};
  double const time = best_of_attempts(60, [&] {
    auto const start = clock::now();
    pool.run([] {
      auto leaf = beat::pcall([] { spin(50ms); });
      spin(50ms);
      leaf.get();
    });
    return milliseconds_since(start);
  });
  CHECK(time >= 50);
  CHECK(time <= 60);
}

TEST_CASE("short tasks are not held up by a task that blocks", "[stress]") {
  watched<beat::ThreadPool> pool{"short tasks beside a blocking one", 2};
  double const time = best_of_attempts(99, [&] {
    std::atomic<bool> begun{false};
    std::atomic<int> left{100};
    std::atomic<bool> all_done{false};
    pool.post([&] {
      begun = true;
      all_done.wait(false);
    });
    while (!begun) std::this_thread::yield();
    auto const start = clock::now();
    for (int i = 0; i < 100; ++i)
      pool.post([&] {
        if (--left == 0) {
          all_done = true;
          all_done.notify_all();
        }
      });
    all_done.wait(false);
    double const result = milliseconds_since(start);
    pool.wait();
    return result;
  });
  CHECK(time < 100);
}
