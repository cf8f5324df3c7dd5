// SPDX-License-Identifier: MIT
// Threads that go to sleep and are woken, a million times: no wake-up is lost. One thread makes all work, and waits for
// it without helping before it makes more: nothing else happens that could make up for a lost one.

#include <atomic>
#include <beat.hpp>
#include <cstdint>
#include <future>
#include <initializer_list>
#include <vector>

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

/// Calls `counts_with(workers)` for each of these numbers at the same time. What each counted has to be the same.
template <class CountsWith>
void require_each_turn(std::initializer_list<unsigned> numbers, CountsWith counts_with) {
  std::vector<std::future<std::vector<std::uint64_t>>> pools;
  for (unsigned const workers : numbers) pools.push_back(std::async(std::launch::async, counts_with, workers));
  for (auto& pool : pools) {
    std::vector<std::uint64_t> const counts = pool.get();
    CHECK(counts == std::vector(counts.size(), counts[0]));
  }
}

}  // namespace

TEST_CASE("a million times a thread goes to sleep and is woken by a task", "[stress]") {
  require_each_turn({1, 2, 4}, [](unsigned workers) {
    sleepy_pool pool{"a task for threads that sleep", workers, 5s};
    events ended;
    auto const turns = take_turns(pool, often(340'000, 10'000), [&] {
      auto const before = ended.so_far();
      pool.post([&] { ended.add(); });
      ended.wait_for_next(before);
    });
    return std::vector{turns, pool.stats().completed};
  });
}

TEST_CASE("many times a thread goes to sleep and is woken by the fork of a task", "[stress]") {
  require_each_turn({2, 4}, [](unsigned workers) {
    sleepy_pool pool{"a task that forks while threads sleep", workers, 5s};
    events taken;
    events ended;
    auto const turns = take_turns(pool, often(100'000, 10'000), [&] {
      auto const before = ended.so_far();
      pool.post([&] {
        meet_another_thread(taken);
        ended.add();
      });
      ended.wait_for_next(before);
    });
    return std::vector{turns, pool.stats().completed, pool.stats().jobs_stolen};
  });
}

TEST_CASE("many times a thread goes to sleep and is woken by the fork of a thread from outside", "[stress]") {
  require_each_turn({2, 4}, [](unsigned workers) {
    watched<beat::basic_thread_pool<inviting_policy>> pool{"a guest that forks while threads sleep", workers, 5s};
    events taken;
    auto const turns = take_turns(pool, often(100'000, 10'000), [&] { pool.run([&] { meet_another_thread(taken); }); });
    return std::vector{turns, taken.so_far(), pool.stats().jobs_stolen};
  });
}
