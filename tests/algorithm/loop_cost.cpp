// SPDX-License-Identifier: MIT
#include <atomic>
#include <beat.hpp>
#include <chrono>
#include <cstdint>
#include <thread>

#include "catch.hpp"

using beat::detail::loop_cost;
using beat::detail::loop_timer;

TEST_CASE("the grain is what fits into two microseconds", "[algorithm]") {
  loop_cost cost;
  CHECK(cost.grain() == 0);
  cost.record(100, 1'000);
  CHECK(cost.grain() == 200);
}

TEST_CASE("longer iterations count at once and shorter ones by and by", "[algorithm]") {
  loop_cost cost;
  cost.record(1000, 2'000);
  cost.record(10, 2'000);
  CHECK(cost.grain() == 10);
  cost.record(1010, 2'000);
  CHECK(cost.grain() == 510);
  cost.record(1010, 2'000);
  CHECK(cost.grain() == 760);
}

TEST_CASE("the grain stays within bounds whatever the clock says", "[algorithm]") {
  loop_cost cost;
  cost.record(1, 1'000'000'000'000);
  CHECK(cost.grain() == 1);
  loop_cost fast;
  fast.record(SIZE_MAX, 0);
  CHECK(fast.grain() == 1'000'000'000);
  fast.record(1, -5);
  CHECK(fast.grain() >= 1);
}

TEST_CASE("one short loop is enough to know its cost and then short loops are not timed", "[algorithm]") {
  loop_cost cost;
  {
    loop_timer timer{cost, 2};
    CHECK(timer.grain() == 0);
    timer.count(2);
  }
  std::size_t const known = cost.grain();
  CHECK(known > 0);
  {
    loop_timer timer{cost, 2 * known - 1};
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
    timer.count(1);
  }
  CHECK(cost.grain() == known);
  {
    loop_timer timer{cost, 2 * known};  // a long one
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
    timer.count(1);
  }
  CHECK(cost.grain() == 1);
}

TEST_CASE("a short loop that was taken for long once is timed again", "[algorithm]") {
  loop_cost cost;
  cost.record(2, 1'000'000);  // interrupted, say
  CHECK(cost.grain() == 1);
  for (int i = 0; i < 100; ++i) {
    loop_timer timer{cost, 2};
    timer.count(2);
  }
  CHECK(cost.grain() >= 2);  // no longer worth sharing, however long the one took that was timed
}

TEST_CASE("a loop whose iterations were short is still shared when they turn long", "[algorithm]") {
  beat::ThreadPool pool{2};
  std::atomic<bool> long_now{false};
  std::atomic<int> inside{0};
  std::atomic<int> met{0};
  auto const body = [&](int) {
    if (!long_now) return;
    ++inside;  // both iterations have to be here at once
    for (auto const end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
         inside < 2 && std::chrono::steady_clock::now() < end;)
      std::this_thread::yield();
    met += inside == 2;
  };
  for (int i = 0; i < 1000; ++i) beat::parallel_for(pool, 0, 64, body);
  long_now = true;
  pool.run([&] { beat::parallel_for(beat::here(), 0, 2, body); });
  CHECK(met == 2);
}
