// SPDX-License-Identifier: MIT
// The event count: whoever looked, saw nothing and sleeps is woken by what comes after its announcement.

#include <atomic>
#include <beat/base/atomics.hpp>
#include <beat/runtime/event_count.hpp>
#include <chrono>
#include <thread>
#include <vector>

#include "catch.hpp"

namespace {

using namespace std::chrono_literals;
using event_count = beat::event_count<beat::std_atomics>;
using clock = std::chrono::steady_clock;

}  // namespace

TEST_CASE("an event count knows whether somebody could need its notification", "[unit]") {
  event_count events;
  CHECK_FALSE(events.has_waiters());
  auto const key = events.prepare();
  CHECK(events.has_waiters());
  events.cancel();
  CHECK_FALSE(events.has_waiters());
  events.notify_all();
  events.prepare();
  CHECK_FALSE(events.wait_for(key, 1));  // the time is over; the announcement with it
  CHECK_FALSE(events.has_waiters());
}

TEST_CASE("a notification after the announcement ends the wait at once", "[unit]") {
  event_count events;
  auto const first = events.prepare();
  events.notify_one();
  events.wait(first);
  auto const second = events.prepare();
  events.notify_all();
  auto const start = clock::now();
  CHECK(events.wait_for(second, 60'000'000'000));
  CHECK(clock::now() - start < 30s);
  CHECK_FALSE(events.has_waiters());
}

TEST_CASE("a wait without notification ends with its time", "[unit]") {
  event_count events;
  auto const start = clock::now();
  while (clock::now() - start < 5ms) events.wait_for(events.prepare(), 2'000'000);
  CHECK(clock::now() - start < 10s);
  CHECK_FALSE(events.has_waiters());
}

TEST_CASE("no wake-up is lost between a writer and a sleeper", "[unit]") {
  constexpr int rounds = 20'000;
  event_count to_left, to_right;
  std::atomic<int> ball{0};
  // Each waits for the other's move; a lost wake-up shows as a wait that only its limit ends.
  std::atomic<int> lost{0};
  auto const play = [&](int parity, event_count& mine, event_count& other) {
    for (int i = parity; i < rounds; i += 2) {
      while (ball.load(std::memory_order_seq_cst) != i) {
        auto const key = mine.prepare();
        if (ball.load(std::memory_order_seq_cst) == i) {
          mine.cancel();
          break;
        }
        auto const start = clock::now();
        mine.wait_for(key, 5'000'000'000);
        if (clock::now() - start > 4s && ++lost > 1) return;
      }
      ball.store(i + 1, std::memory_order_seq_cst);
      other.notify_one();
    }
  };
  std::thread left{[&] { play(0, to_left, to_right); }};
  std::thread right{[&] { play(1, to_right, to_left); }};
  left.join();
  right.join();
  CHECK(lost == 0);
  CHECK(ball == rounds);
}

TEST_CASE("notify_all wakes everybody", "[unit]") {
  event_count events;
  std::atomic<bool> open{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      for (;;) {
        auto const key = events.prepare();
        if (open.load(std::memory_order_seq_cst)) return events.cancel();
        events.wait(key);
      }
    });
  std::this_thread::sleep_for(20ms);
  open.store(true, std::memory_order_seq_cst);
  events.notify_all();
  for (std::thread& t : threads) t.join();
  CHECK_FALSE(events.has_waiters());
}
