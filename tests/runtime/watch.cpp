// SPDX-License-Identifier: MIT
// The watch: when a busy worker is asked to share, when its jobs are published by force, and when it is left alone.

#include <beat/runtime/waiting.hpp>
#include <beat/runtime/watch.hpp>
#include <vector>

#include "catch.hpp"

namespace {

namespace detail = beat::detail;
using detail::outlook;

constexpr std::int64_t pace = 20;
constexpr std::int64_t patience = 30;
constexpr std::uint64_t busy = 7;  // odd
constexpr std::uint64_t idle = 8;

/// One victim, seen by one thief. Time is the test's.
struct scene {
  std::vector<detail::job_stack::slot> slots = std::vector<detail::job_stack::slot>(16);
  std::vector<detail::job_stack::mark> marks = std::vector<detail::job_stack::mark>(16);
  detail::job_stack victim{slots.data(), marks.data(), 16};
  detail::watch_list list{3};
  beat::counter forced;
  detail::job job;

  outlook look(std::int64_t time, std::uint64_t region = busy) {
    return list.look(2, victim.for_thieves(), region, time, pace, patience, 1, forced);
  }
  bool asked() { return (victim.for_thieves().look().word & detail::job_stack::control::soft) != 0; }
};

}  // namespace

TEST_CASE("an idle worker is not asked", "[unit]") {
  scene s;
  for (std::int64_t time = 100; time < 1000; time += 10) CHECK(s.look(time, idle) == outlook::nothing);
  CHECK_FALSE(s.asked());
}

TEST_CASE("a worker in short regions is not asked", "[unit]") {
  scene s;
  for (std::uint64_t i = 0; i < 100; ++i) {
    std::int64_t const time = 100 + static_cast<std::int64_t>(i) * pace;
    CHECK(s.look(time, busy + 2 * i) == outlook::stirring);
    CHECK(s.look(time + pace / 2, busy + 2 * i) == outlook::watching);
  }
  CHECK_FALSE(s.asked());
}

TEST_CASE("a request that another thief makes after an answer is not taken for one's own", "[unit]") {
  scene s;
  s.look(100);
  s.look(100 + pace);                                        // asks
  CHECK(s.look(100 + pace + patience) == outlook::nothing);  // forces, in vain: the next fork will answer
  s.victim.push(&s.job);
  CHECK(s.victim.serve().count == 1);  // answers
  CHECK(s.victim.for_thieves().steal(s.victim.for_thieves().look(), 1).loot == &s.job);
  s.victim.push(&s.job);  // private, and the owner forks no more
  s.victim.request();     // by another thief, which goes to sleep
  CHECK(s.look(200) == outlook::stirring);
  CHECK(s.look(200 + pace) == outlook::watching);
  bool const can_force = beat::std_atomics::heavy_fence() || !beat::std_atomics::asymmetric;
  CHECK(s.look(200 + pace + patience) == (can_force ? outlook::work : outlook::nothing));
}

TEST_CASE("a worker that is busy for long is asked once", "[unit]") {
  scene s;
  CHECK(s.look(100) == outlook::stirring);
  CHECK(s.look(100 + pace - 1) == outlook::watching);
  CHECK_FALSE(s.asked());
  CHECK(s.look(100 + pace) == outlook::watching);
  CHECK(s.asked());

  SECTION("its next fork answers and it is watched anew") {
    s.victim.push(&s.job);
    CHECK(s.victim.serve().count == 1);
    CHECK(s.look(130) == outlook::work);
    CHECK(s.victim.for_thieves().steal(s.victim.for_thieves().look(), 1).loot == &s.job);
    s.list.forget(2);
    CHECK(s.look(140) == outlook::stirring);
    CHECK(s.look(140 + pace) == outlook::watching);
    CHECK(s.asked());
  }
  SECTION("without an answer its jobs are published by force") {
    s.victim.push(&s.job);
    CHECK(s.look(100 + pace + patience - 1) == outlook::watching);
    bool const can_force = beat::std_atomics::heavy_fence() || !beat::std_atomics::asymmetric;
    CHECK(s.look(100 + pace + patience) == (can_force ? outlook::work : outlook::nothing));
    CHECK(s.forced.read() == (can_force ? 1 : 0));
  }
  SECTION("with nothing to share it is left alone until it forks") {
    for (std::int64_t time = 100 + pace + patience; time < 1000; time += 10) CHECK(s.look(time) == outlook::nothing);
    CHECK(s.asked());
    CHECK(s.forced.read() == 0);
    s.victim.push(&s.job);
    CHECK(s.victim.is_requested());
  }
  SECTION("in its next region it is watched anew") {
    s.victim.withdraw_request();
    CHECK(s.look(130, busy + 2) == outlook::stirring);
    CHECK(s.look(130 + pace - 1, busy + 2) == outlook::watching);
    CHECK_FALSE(s.asked());
    CHECK(s.look(130 + pace, busy + 2) == outlook::watching);
    CHECK(s.asked());
  }
}
