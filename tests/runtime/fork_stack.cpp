// SPDX-License-Identifier: MIT
// The fork stack: what is private, public and taken; requests; force; slots that are used again; exactly one owner per
// job.

#include <atomic>
#include <beat/base/atomics.hpp>
#include <beat/base/random.hpp>
#include <beat/runtime/fork_stack.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "catch.hpp"

namespace {

using beat::joined;
using beat::steal_status;

/// Where the system has no asymmetric fence: both sides are sequentially consistent.
struct symmetric_atomics : beat::std_atomics {
  static constexpr bool asymmetric = false;
};

struct item {
  std::atomic<int> runs{0};
  int changes = 0;  // by its owner
};

/// A fork stack with its memory.
template <class Atomics>
struct fixture {
  using stack_type = beat::fork_stack<item, Atomics>;
  explicit fixture(std::uint32_t capacity)
      : slots(capacity), marks(capacity), stack{slots.data(), marks.data(), capacity} {}

  auto control() { return stack.for_thieves().look(); }
  auto steal(std::uint64_t self = 1) { return stack.for_thieves().steal(control(), self); }

  std::vector<typename stack_type::slot> slots;
  std::vector<typename stack_type::mark> marks;
  stack_type stack;
};

using plain = fixture<beat::std_atomics>;

/// Whether the owner is told to share after this fork.
template <class Stack>
bool push_and_look(Stack& stack, item* job) {
  stack.push(job);
  return stack.is_requested();
}

bool can_force(bool asymmetric) { return !asymmetric || beat::std_atomics::heavy_fence(); }

}  // namespace

TEST_CASE("a job is private until it is published and its owner takes it back", "[unit]") {
  plain f{8};
  item jobs[3];
  CHECK(f.stack.depth() == 0);
  for (std::uint32_t i = 0; i < 3; ++i) {
    CHECK(f.stack.push(&jobs[i]) == i);
    CHECK_FALSE(f.stack.is_requested());
  }
  CHECK(f.stack.depth() == 3);
  CHECK_FALSE(f.control().has_public());
  CHECK(f.steal().status == steal_status::empty);
  CHECK(f.stack.pop(2) == joined::kept);
  CHECK(f.stack.pop(1) == joined::kept);
  CHECK(f.stack.pop(0) == joined::kept);
  CHECK(f.stack.depth() == 0);
}

TEST_CASE("a request is seen by the next fork and publishes the older half", "[unit]") {
  plain f{16};
  item jobs[6];
  for (int i = 0; i < 4; ++i) CHECK_FALSE(push_and_look(f.stack, &jobs[i]));
  f.stack.for_thieves().request();
  CHECK(push_and_look(f.stack, &jobs[4]));
  CHECK(f.stack.serve().count == 3);
  CHECK(f.control().has_public());
  CHECK_FALSE(push_and_look(f.stack, &jobs[5]));  // answered
  CHECK(f.steal().loot == &jobs[0]);
  CHECK(f.steal().loot == &jobs[1]);
  CHECK(f.steal().loot == &jobs[2]);
  CHECK(f.steal().status == steal_status::empty);
  CHECK(f.stack.pop(5) == joined::kept);
  CHECK(f.stack.pop(4) == joined::kept);
  CHECK(f.stack.pop(3) == joined::kept);
  CHECK(f.stack.pop(2) == joined::taken);
}

TEST_CASE("an answer publishes at least one job if there is one", "[unit]") {
  plain f{8};
  item job;
  f.stack.for_thieves().request();
  CHECK(f.stack.serve().count == 0);
  CHECK_FALSE(f.control().has_public());
  f.stack.push(&job);
  CHECK(f.stack.serve().count == 1);
  CHECK(f.steal().loot == &job);
}

TEST_CASE("a publication tells whether somebody had asked", "[unit]") {
  plain f{8};
  CHECK_FALSE(f.stack.serve().requested);
  f.stack.for_thieves().request();
  CHECK(f.stack.serve().requested);
  CHECK_FALSE(f.stack.serve().requested);
}

TEST_CASE("a withdrawn request is not seen by the next fork", "[unit]") {
  plain f{8};
  item job;
  f.stack.for_thieves().request();
  f.stack.withdraw_request();
  CHECK_FALSE(push_and_look(f.stack, &job));
}

TEST_CASE("a public job that nobody took goes back to its owner", "[unit]") {
  plain f{8};
  item jobs[2];
  f.stack.push(&jobs[0]);
  f.stack.push(&jobs[1]);
  f.stack.for_thieves().request();
  CHECK(f.stack.serve().count == 1);
  CHECK(f.stack.pop(1) == joined::kept);
  CHECK(f.stack.pop(0) == joined::kept);
  CHECK(f.steal().status == steal_status::empty);
  f.stack.push(&jobs[1]);  // and its slot is private again
  CHECK(f.steal().status == steal_status::empty);
}

TEST_CASE("the owner learns who took a job and the slot can be used again", "[unit]") {
  plain f{8};
  item first, second;
  for (std::uint64_t thief = 5; thief < 9; ++thief) {
    f.stack.push(&first);
    static_cast<void>(f.stack.serve());
    REQUIRE(f.stack.thief_of(0) == 0);
    REQUIRE(f.steal(thief).loot == &first);
    REQUIRE(f.stack.pop(0) == joined::taken);
    REQUIRE(f.stack.thief_of(0) == thief);
    f.stack.rebase(0);
    REQUIRE(f.stack.thief_of(0) == 0);
    REQUIRE(f.stack.push(&second) == 0);
    REQUIRE(f.steal().status == steal_status::empty);
    REQUIRE(f.stack.pop(0) == joined::kept);
  }
}

TEST_CASE("a thief that looked before another one took the job loses", "[unit]") {
  plain f{8};
  item jobs[2];
  f.stack.push(&jobs[0]);
  f.stack.push(&jobs[1]);
  static_cast<void>(f.stack.serve());
  auto const seen = f.control();
  CHECK(f.steal().loot == &jobs[0]);
  CHECK(f.stack.for_thieves().steal(seen, 1).status == steal_status::lost);
}

TEST_CASE("a thief that looked before a publication loses", "[unit]") {
  plain f{8};
  item jobs[3];
  for (item& job : jobs) f.stack.push(&job);
  static_cast<void>(f.stack.serve());
  auto const seen = f.control();
  CHECK(f.stack.pop(2) == joined::kept);
  CHECK(f.stack.pop(1) == joined::kept);  // takes the publication back, and then repeats it
  f.stack.push(&jobs[1]);
  static_cast<void>(f.stack.serve());
  CHECK(f.control().top() == seen.top());
  CHECK(f.control().split() == seen.split());
  CHECK(f.stack.for_thieves().steal(seen, 1).status == steal_status::lost);
}

TEST_CASE("jobs beyond the capacity stay private", "[unit]") {
  plain f{3};
  std::vector<item> jobs(10);
  for (item& job : jobs) f.stack.push(&job);
  static_cast<void>(f.stack.serve());
  static_cast<void>(f.stack.serve());
  static_cast<void>(f.stack.serve());
  CHECK(f.control().split() == 3);
  for (std::uint32_t i = 9; i > 2; --i) CHECK(f.stack.pop(i) == joined::kept);
  for (std::size_t i = 0; i < 3; ++i) CHECK(f.steal().loot == &jobs[i]);
  CHECK(f.steal().status == steal_status::empty);
}

TEST_CASE("a stack without slots keeps everything private", "[unit]") {
  plain::stack_type quiet{false};
  plain::stack_type asking{true};
  item job;
  CHECK_FALSE(push_and_look(quiet, &job));
  CHECK(quiet.push(&job) == 1);
  CHECK(quiet.serve().count == 0);
  CHECK(quiet.pop(1) == joined::kept);
  CHECK(quiet.pop(0) == joined::kept);
  CHECK(push_and_look(asking, &job));
  CHECK(push_and_look(asking, &job));  // always
}

TEST_CASE("a job that was joined and kept is forked again as it is then", "[unit]") {
  plain f{8};
  item jobs[2];
  f.stack.push(&jobs[0]);
  std::uint32_t const index = f.stack.push(&jobs[1]);
  for (int i = 0; i < 3; ++i) {
    CHECK(f.stack.pop(index) == joined::kept);
    CHECK(f.stack.depth() == index);
    f.stack.push_again(index);
    CHECK(f.stack.depth() == index + 1);
  }
  f.stack.serve();
  CHECK(f.steal().loot == &jobs[0]);
  f.stack.serve();
  CHECK(f.stack.pop(index) == joined::kept);  // public again, and taken back
  f.stack.push_again(index);
  CHECK(f.steal().status == steal_status::empty);
  f.stack.serve();
  CHECK(f.steal().loot == &jobs[1]);
  CHECK(f.stack.pop(index) == joined::taken);
}

TEST_CASE("a job pulled out from below leaves a filler in its place", "[unit]") {
  plain f{8};
  item jobs[3], filler;
  for (item& job : jobs) f.stack.push(&job);
  CHECK(f.stack.pull_out(1, &filler) == joined::kept);
  CHECK(f.stack.depth() == 3);
  f.stack.for_thieves().request();
  CHECK(f.stack.serve().count == 2);
  CHECK(f.steal().loot == &jobs[0]);
  CHECK(f.steal().loot == &filler);
  CHECK(f.stack.pop(2) == joined::kept);
  CHECK(f.stack.pop(1) == joined::taken);
  CHECK(f.stack.pull_out(0, &filler) == joined::taken);
}

TEMPLATE_TEST_CASE("force publishes every job without its owner", "[unit]", beat::std_atomics, symmetric_atomics) {
  fixture<TestType> f{8};
  item jobs[3];
  CHECK(f.stack.for_thieves().force(1) == 0);  // there is nothing
  for (item& job : jobs) f.stack.push(&job);
  f.stack.for_thieves().request();
  if (!can_force(TestType::asymmetric)) {
    CHECK(f.stack.for_thieves().force(1) == 0);
    CHECK(f.stack.pop_private(2));  // and nothing stands in the owner's way
    return;
  }
  CHECK(f.stack.for_thieves().force(1) == 3);
  CHECK(f.stack.for_thieves().force(2) == 0);  // there is public work
  CHECK(f.steal().loot == &jobs[0]);
  CHECK(f.stack.pop(2) == joined::kept);
  CHECK(f.stack.pop(1) == joined::kept);
  CHECK(f.stack.pop(0) == joined::taken);
}

TEST_CASE("a request that force answered is over", "[unit]") {
  fixture<symmetric_atomics> f{8};
  item jobs[2];
  f.stack.push(&jobs[0]);
  f.stack.for_thieves().request();
  REQUIRE(f.stack.for_thieves().force(1) == 1);
  CHECK_FALSE(push_and_look(f.stack, &jobs[1]));
}

// The owner forks and joins at random, also from below; thieves request, force and steal all the time.
TEMPLATE_TEST_CASE("each job runs once whoever gets it", "[unit]", beat::std_atomics, symmetric_atomics) {
  std::uint32_t const capacity = GENERATE(2U, 5U, 64U);
  int const thieves = GENERATE(1, 3);
  fixture<TestType> f{capacity};
  item filler;
  std::atomic<bool> done{false};
  std::atomic<int> stolen{0};
  std::atomic<long> changes{0};  // as those saw them who got the jobs
  std::vector<std::thread> threads;
  for (int t = 1; t <= thieves; ++t)
    threads.emplace_back([&, t] {
      auto const victim = f.stack.for_thieves();
      beat::random dice{static_cast<std::uint64_t>(t)};
      while (!done) {
        switch (dice.below(4)) {
          case 0:
            victim.request();
            break;
          case 1:
            victim.force(static_cast<std::uint32_t>(t));
            break;
          default:
            if (auto const got = victim.steal(victim.look(), static_cast<std::uint64_t>(t));
                got.status == steal_status::stolen) {
              if (got.loot != &filler) {
                ++stolen;
                changes += got.loot->changes;
              }
              ++got.loot->runs;
            }
        }
      }
    });
  beat::random dice{99};
  std::vector<std::unique_ptr<item>> jobs;  // job i is at index i
  std::vector<bool> pulled;
  int wrong = 0;
  long made = 0;  // changes
  auto const start = std::chrono::steady_clock::now();
  auto const goes_on = [&] {  // on a busy machine until the thieves had a chance
    auto const time = std::chrono::steady_clock::now() - start;
    return time < std::chrono::milliseconds{150} || (stolen == 0 && time < std::chrono::seconds{20});
  };
  auto const run_or_wait = [&](item& job, joined how) {
    if (how == joined::kept) {
      changes += job.changes;
      ++job.runs;
    }
    while (job.runs == 0) std::this_thread::yield();
  };
  while (goes_on() || !jobs.empty()) {
    bool const may_fork = goes_on() && jobs.size() < 40;
    if (may_fork && dice.below(8) < 3) {  // as often as one is joined for good
      jobs.push_back(std::make_unique<item>());
      pulled.push_back(false);
      if (push_and_look(f.stack, jobs.back().get())) static_cast<void>(f.stack.serve());
    } else if (!jobs.empty()) {
      if (std::size_t const i = dice.below(static_cast<std::uint32_t>(jobs.size())); dice.below(4) == 0 && !pulled[i]) {
        pulled[i] = true;
        run_or_wait(*jobs[i], f.stack.pull_out(static_cast<std::uint32_t>(i), &filler));
        continue;
      }
      auto const index = static_cast<std::uint32_t>(jobs.size() - 1);
      joined const how = f.stack.pop(index);
      if (how == joined::kept && !pulled.back() && may_fork && dice.below(5) < 2) {
        ++jobs.back()->changes;
        ++made;
        f.stack.push_again(index);
        continue;
      }
      if (how == joined::taken) {
        while (f.stack.thief_of(index) == 0) std::this_thread::yield();
        f.stack.rebase(index);
      }
      if (!pulled.back()) run_or_wait(*jobs.back(), how);
      wrong += jobs.back()->runs == 1 ? 0 : 1;
      jobs.pop_back();
      pulled.pop_back();
    }
  }
  done = true;
  for (std::thread& t : threads) t.join();
  CHECK(wrong == 0);
  CHECK(stolen > 0);
  CHECK(changes == made);
}
