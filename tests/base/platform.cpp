// SPDX-License-Identifier: MIT
#include <algorithm>
#include <atomic>
#include <beat/base/platform.hpp>
#include <chrono>
#include <climits>
#include <cstdint>
#include <ctime>
#include <thread>
#include <vector>

#if BEAT_HAS_LINUX()
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include "catch.hpp"

namespace platform = beat::detail::platform;
using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;

namespace {

// What the machine takes from a thread may count as used by it: it is the best of a few attempts that counts.
constexpr int attempts = 5;

constexpr std::int64_t nanoseconds(std::chrono::nanoseconds time) { return time.count(); }

void wait_until_changed(std::atomic<std::uint32_t>& word, std::uint32_t old) {
  while (word.load(std::memory_order_relaxed) == old) {
    platform::futex_wait(word, old);
  }
}

void change_and_wake(std::atomic<std::uint32_t>& word, std::uint32_t value, int count) {
  word.store(value, std::memory_order_relaxed);
  platform::futex_wake(word, count);
}

}  // namespace

TEST_CASE("a wait returns at once where the word differs from the expected value", "[unit]") {
  std::atomic<std::uint32_t> word{1};
  auto const begin = clock_type::now();
  platform::futex_wait(word, 0);
  platform::futex_wait_for(word, 0, nanoseconds(1h));
  REQUIRE(clock_type::now() - begin < 10s);
}

TEST_CASE("two threads wake each other a thousand times and no wake-up is lost", "[unit]") {
  constexpr std::uint32_t rounds = 1000;
  std::atomic<std::uint32_t> ping{0};
  std::atomic<std::uint32_t> pong{0};
  std::thread other{[&ping, &pong] {
    for (std::uint32_t round = 0; round < rounds; ++round) {
      wait_until_changed(ping, round);
      change_and_wake(pong, round + 1, 1);
    }
  }};
  for (std::uint32_t round = 0; round < rounds; ++round) {
    change_and_wake(ping, round + 1, 1);
    wait_until_changed(pong, round);
  }
  other.join();
  REQUIRE(pong.load(std::memory_order_relaxed) == rounds);
}

TEST_CASE("a wake of INT_MAX reaches every sleeper", "[unit]") {
  std::atomic<std::uint32_t> word{0};
  std::atomic<int> awake{0};
  std::vector<std::thread> sleepers;
  for (int i = 0; i < 4; ++i) {
    sleepers.emplace_back([&word, &awake] {
      wait_until_changed(word, 0);
      awake.fetch_add(1, std::memory_order_relaxed);
    });
  }
  std::this_thread::sleep_for(20ms);
  int const awake_before = awake.load(std::memory_order_relaxed);
  change_and_wake(word, 1, INT_MAX);
  for (auto& sleeper : sleepers) {
    sleeper.join();
  }
  REQUIRE(awake_before == 0);
  REQUIRE(awake.load(std::memory_order_relaxed) == 4);
}

TEST_CASE("a sleeping thread uses little CPU time", "[unit]") {
  double used = 1;
  for (int i = 0; i < attempts && used >= 0.05; ++i) {
    std::atomic<std::uint32_t> word{0};
    std::clock_t const cpu_begin = std::clock();
    std::thread sleeper{[&word] { wait_until_changed(word, 0); }};
    std::this_thread::sleep_for(200ms);
    used = static_cast<double>(std::clock() - cpu_begin) / CLOCKS_PER_SEC;
    change_and_wake(word, 1, 1);
    sleeper.join();
  }
  REQUIRE(used < 0.05);
}

TEST_CASE("a timed wait lasts as long as it was told, and uses little CPU time", "[unit]") {
  std::atomic<std::uint32_t> word{0};
  // A wait may end early for no reason, so the longest of a few counts.
  clock_type::duration longest{};
  double used = 1;
  auto const begin = clock_type::now();
  for (int i = 0; i < attempts && (longest < 100ms || used >= 0.05); ++i) {
    auto const one = clock_type::now();
    std::clock_t const cpu_begin = std::clock();
    platform::futex_wait_for(word, 0, nanoseconds(100ms));
    auto const waited = clock_type::now() - one;
    if (waited >= 100ms) used = std::min(used, static_cast<double>(std::clock() - cpu_begin) / CLOCKS_PER_SEC);
    longest = std::max(longest, waited);
  }
  REQUIRE(longest >= 100ms);
  REQUIRE(clock_type::now() - begin < 10s);
  REQUIRE(used < 0.05);
}

TEST_CASE("a timed wait of no time returns at once", "[unit]") {
  std::atomic<std::uint32_t> word{0};
  auto const begin = clock_type::now();
  platform::futex_wait_for(word, 0, 0);
  platform::futex_wait_for(word, 0, -1);
  platform::futex_wait_for(word, 0, INT64_MIN);
  REQUIRE(clock_type::now() - begin < 10s);
}

TEST_CASE("a wake ends a timed wait long before its time", "[unit]") {
  std::atomic<std::uint32_t> word{0};
  clock_type::duration waited{};
  std::thread sleeper{[&word, &waited] {
    auto const begin = clock_type::now();
    while (word.load(std::memory_order_relaxed) == 0 && clock_type::now() - begin < 1h) {
      platform::futex_wait_for(word, 0, nanoseconds(1h));
    }
    waited = clock_type::now() - begin;
  }};
  std::this_thread::sleep_for(20ms);
  change_and_wake(word, 1, 1);
  sleeper.join();
  REQUIRE(waited < 30s);
}

TEST_CASE("the heavy fence works exactly where the system offers it", "[unit]") {
#if BEAT_HAS_LINUX()
  long const offered = ::syscall(SYS_membarrier, 0 /* query */, 0, 0);
  bool const expected = offered > 0 && (offered & platform::membarrier_private_expedited) != 0;
  if (!expected) {
    WARN("this system does not offer an expedited membarrier, so the fence has to say no");
  }
#else
  bool const expected = false;
  WARN("portable build: there is no heavy fence");
#endif
  for (int i = 0; i < 3; ++i) {
    REQUIRE(platform::heavy_fence() == expected);
  }
  REQUIRE((!platform::has_asymmetric_fence || BEAT_HAS_LINUX()));
}
