// SPDX-License-Identifier: MIT
// Threads that go to sleep and are woken, a million times: no wake-up is lost. One thread makes all work, and waits for
// it without helping before it makes more: nothing else happens that could make up for a lost one.

#include <atomic>
#include <beat.hpp>
#include <cstdint>

#include "catch.hpp"
#include "stress.hpp"

namespace {

using namespace stress;

using sleepy_pool = watched<beat::basic_thread_pool<sleepy_policy>>;

/// As sleepy_policy; and what comes from outside is always worth waking a sleeper.
struct inviting_policy {
  static constexpr beat::scheduler_tuning tuning() noexcept {
    beat::scheduler_tuning numbers = sleepy_policy::tuning();
    numbers.long_root = 0;
    return numbers;
  }
};

/// Counts what has happened, for one thread that waits for the next time.
class events {
 public:
  std::uint64_t so_far() const { return count_; }
  void add() {
    ++count_;
    count_.notify_one();
  }
  void wait_for_next(std::uint64_t before) const { count_.wait(before); }

 private:
  std::atomic<std::uint64_t> count_{0};
};

/// Ends once another thread has taken one of its calls. `taken` counts those.
void meet_another_thread(events& taken) {
  auto const before = taken.so_far();
  beat::join([&] { taken.wait_for_next(before); }, [&] { taken.add(); });
}

/// Calls `turn` until threads have gone to sleep so often; for each turn one has to wake up within 5 s. Returns the
/// number of turns.
template <class Pool, class Turn>
std::uint64_t take_turns(Pool& pool, long cycles, Turn turn) {
  std::uint64_t turns = 0;
  for (; pool.stats().parks < static_cast<std::uint64_t>(cycles); ++turns) {
    // Sometimes at the very moment when a thread lies down, sometimes long after.
    for (std::uint64_t i = turns % 64; i != 0; --i) beat::std_atomics::pause();
    turn();
    pool.feed();
  }
  pool.wait();
  return turns;
}

}  // namespace

TEST_CASE("a million times a thread goes to sleep and is woken by a task", "[stress]") {
  unsigned const workers = GENERATE(1U, 2U, 4U);
  sleepy_pool pool{"a task for threads that sleep", workers, 5s};
  events ended;
  auto const turns = take_turns(pool, often(workers == 1 ? 1'000'000 : 100'000, 20'000), [&] {
    auto const before = ended.so_far();
    pool.post([&] { ended.add(); });
    ended.wait_for_next(before);
  });
  CHECK(pool.stats().completed == turns);
}

TEST_CASE("many times a thread goes to sleep and is woken by the fork of a task", "[stress]") {
  unsigned const workers = GENERATE(2U, 4U);
  sleepy_pool pool{"a task that forks while threads sleep", workers, 5s};
  events taken;
  events ended;
  auto const turns = take_turns(pool, often(100'000, 20'000), [&] {
    auto const before = ended.so_far();
    pool.post([&] {
      meet_another_thread(taken);
      ended.add();
    });
    ended.wait_for_next(before);
  });
  CHECK(pool.stats().completed == turns);
  CHECK(pool.stats().jobs_stolen == turns);
}

TEST_CASE("many times a thread goes to sleep and is woken by the fork of a thread from outside", "[stress]") {
  unsigned const workers = GENERATE(2U, 4U);
  watched<beat::basic_thread_pool<inviting_policy>> pool{"a guest that forks while threads sleep", workers, 5s};
  events taken;
  auto const turns = take_turns(pool, often(100'000, 20'000), [&] { pool.run([&] { meet_another_thread(taken); }); });
  CHECK(taken.so_far() == turns);
  CHECK(pool.stats().jobs_stolen == turns);
}
