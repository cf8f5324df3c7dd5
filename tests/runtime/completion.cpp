// SPDX-License-Identifier: MIT
// The completion: one claim, one end, and everybody who waits is woken.

#include <atomic>
#include <beat/base/atomics.hpp>
#include <beat/runtime/completion.hpp>
#include <chrono>
#include <thread>
#include <vector>

#include "catch.hpp"

namespace {

using completion = beat::completion<beat::std_atomics>;
using beat::task_outcome;

}  // namespace

TEST_CASE("a completion is queued then claimed then ended", "[unit]") {
  auto const how = GENERATE(task_outcome::completed, task_outcome::failed, task_outcome::cancelled);
  completion c;
  CHECK(c.is_queued());
  CHECK_FALSE(c.has_ended());
  CHECK(c.claim());
  CHECK_FALSE(c.claim());
  CHECK_FALSE(c.is_queued());
  CHECK_FALSE(c.has_ended());
  c.wait_for(1'000'000);
  CHECK_FALSE(c.has_ended());
  CHECK_FALSE(c.end(how));  // nobody follows
  CHECK(c.has_ended());
  CHECK(c.outcome() == how);
  CHECK_FALSE(c.claim());
  c.wait();
  c.wait_for(1);
}

TEST_CASE("who follows a completion is told by its end or follows nothing any more", "[unit]") {
  auto const how = GENERATE(task_outcome::completed, task_outcome::failed, task_outcome::cancelled);
  bool const early = GENERATE(true, false);  // before the claim, or after
  completion followed;
  if (early) CHECK(followed.follow());
  CHECK(followed.is_queued());
  CHECK(followed.claim());
  if (!early) CHECK(followed.follow());
  CHECK_FALSE(followed.has_ended());
  CHECK(followed.end(how));
  CHECK(followed.has_ended());
  CHECK(followed.outcome() == how);
  CHECK_FALSE(followed.follow());
}

TEST_CASE("of many claims one succeeds and all who wait see the result", "[unit]") {
  for (int round = 0; round < 300; ++round) {
    completion c;
    std::atomic<int> claims{0};
    std::atomic<int> right{0};
    int result = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 2; ++t)
      threads.emplace_back([&] {
        c.wait();
        if (result == 42 && c.outcome() == task_outcome::failed) ++right;
      });
    for (int t = 0; t < 2; ++t)
      threads.emplace_back([&] {
        if (c.claim()) {
          ++claims;
          result = 42;
          static_cast<void>(c.end(task_outcome::failed));
        }
        while (!c.has_ended()) c.wait_for(1'000'000);
        if (result == 42) ++right;
      });
    for (std::thread& t : threads) t.join();
    REQUIRE(claims == 1);
    REQUIRE(right == 4);
  }
}
