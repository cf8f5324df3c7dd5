// SPDX-License-Identifier: MIT
// The roster: permits, and that whoever leaves work alone for want of one is told when there is one.

#include <atomic>
#include <beat/base/atomics.hpp>
#include <beat/runtime/roster.hpp>
#include <chrono>
#include <thread>
#include <vector>

#include "catch.hpp"

namespace {

using namespace std::chrono_literals;
using roster = beat::roster<beat::std_atomics>;

/// Sleeps for at most a minute; true where a notification came first.
bool woken(roster& people, roster::key key) {
  auto const start = std::chrono::steady_clock::now();
  people.nap(key, 60'000'000'000);
  return std::chrono::steady_clock::now() - start < 30s;
}

}  // namespace

TEST_CASE("there are as many permits as a roster was made with", "[unit]") {
  roster people{2};
  CHECK_FALSE(people.saturated());
  CHECK(people.try_activate());
  CHECK(people.try_activate());
  CHECK(people.saturated());
  CHECK_FALSE(people.try_activate());
  people.activate();  // a thread that resumes does not ask
  people.deactivate();
  CHECK(people.saturated());
  people.hand_over();
  CHECK_FALSE(people.saturated());
  CHECK(people.try_activate());
}

TEST_CASE("permits hold when many ask at once", "[unit]") {
  roster people{3};
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  std::atomic<long> entered{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 6; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20'000; ++i) {
        if (!people.try_activate()) {
          std::this_thread::yield();
          continue;
        }
        int const now = ++inside;
        for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
        }
        ++entered;
        --inside;
        t % 2 == 0 ? people.deactivate() : people.hand_over();
      }
    });
  for (std::thread& t : threads) t.join();
  CHECK(most <= 3);
  CHECK(entered > 0);
  CHECK_FALSE(people.saturated());
}

TEST_CASE("work wakes a sleeper unless somebody searches", "[unit]") {
  roster people{2};
  SECTION("nobody searches") {
    auto const key = people.prepare();
    people.work_arrived();
    CHECK(woken(people, key));
  }
  SECTION("a searcher will find it") {
    auto const key = people.prepare();
    people.begin_search();
    people.work_arrived();
    auto const start = std::chrono::steady_clock::now();
    people.nap(key, 20'000'000);
    CHECK(std::chrono::steady_clock::now() - start >= 20ms);
    CHECK(people.end_search());
  }
}

TEST_CASE("the last searcher knows that it is the last", "[unit]") {
  roster people{2};
  people.begin_search();
  people.begin_search();
  CHECK_FALSE(people.end_search());
  CHECK(people.end_search());
}

TEST_CASE("work that came while all permits were taken wakes a sleeper when one is free", "[unit]") {
  roster people{1};
  REQUIRE(people.try_activate());
  auto const key = people.prepare();
  people.work_arrived();  // nobody may run it
  people.hand_over();
  CHECK(woken(people, key));
}

TEST_CASE("whoever defers work learns of a permit that became free meanwhile", "[unit]") {
  roster people{1};
  REQUIRE(people.try_activate());
  CHECK(people.defer());
  people.deactivate();
  CHECK_FALSE(people.defer());
}

TEST_CASE("a second notification is not spent on a second sleeper before the first has searched", "[unit]") {
  roster people{4};
  auto const first = people.prepare();
  auto const second = people.prepare();
  people.work_arrived();
  people.work_arrived();
  people.begin_search();  // the one that was woken
  people.end_search();
  people.work_arrived();
  CHECK(woken(people, first));
  CHECK(woken(people, second));
}

TEST_CASE("there is at most one lookout", "[unit]") {
  roster people{2};
  CHECK_FALSE(people.has_lookout());
  CHECK(people.try_lookout());
  CHECK(people.has_lookout());
  CHECK_FALSE(people.try_lookout());
  people.leave_lookout();
  CHECK(people.try_lookout());
}

TEST_CASE("wake_all wakes every sleeper", "[unit]") {
  roster people{2};
  auto const first = people.prepare();
  auto const second = people.prepare();
  people.wake_all();
  CHECK(woken(people, first));
  CHECK(woken(people, second));
}

TEST_CASE("work wakes a sleeper of its home, and of another one where that has none", "[unit]") {
  roster people{4, 3};
  auto const neighbour = people.prepare(0);
  auto const own = people.prepare(2);
  people.work_arrived(2);
  CHECK(people.nap(own, 0, 2));
  people.work_arrived(2);
  CHECK(people.nap(neighbour, 0, 0));
}

TEST_CASE("a home is called where somebody of it sleeps or searches, and may work", "[unit]") {
  roster people{1, 2};
  auto const neighbour = people.prepare(0);
  CHECK_FALSE(people.call(1));
  people.begin_search(1);
  CHECK(people.call(1));
  CHECK(people.end_search(1));
  CHECK_FALSE(people.call(1));
  auto const own = people.prepare(1);
  REQUIRE(people.try_activate());
  CHECK_FALSE(people.call(1));
  people.deactivate();
  CHECK(people.call(1));
  CHECK(people.nap(own, 0, 1));
  CHECK_FALSE(people.nap(neighbour, 0, 0));
}

TEST_CASE("wake_all wakes the sleepers of every home", "[unit]") {
  roster people{2, 2};
  auto const one = people.prepare(0);
  auto const other = people.prepare(1);
  people.wake_all();
  CHECK(people.nap(one, 0, 0));
  CHECK(people.nap(other, 0, 1));
}
