// SPDX-License-Identifier: MIT
// What a worker takes next: by priority, and so that nothing waits for ever. Orders are counted in tasks, not in time.

#include <algorithm>
#include <array>
#include <atomic>
#include <beat.hpp>
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

#include "catch.hpp"
#include "task/support.hpp"

namespace {

using namespace task_test;
using beat::priority;

constexpr priority all_levels[] = {priority::low, priority::normal, priority::high};
constexpr int most_of_a_load = 1'000'000;
constexpr int aging = static_cast<int>(beat::scheduler_tuning{}.aging_interval);

struct one_level {
  static constexpr beat::scheduler_tuning tuning() noexcept { return {.priorities = 1}; }
};

bool is_reached(std::atomic<int> const& count, int wanted) {
  for (auto const limit = std::chrono::steady_clock::now() + 60s; count < wanted;) {
    if (std::chrono::steady_clock::now() > limit) return false;
    std::this_thread::yield();
  }
  return true;
}

/// The order in which the one worker of `pool` begins tasks that were posted with the priorities `posted`.
template <class Pool>
std::vector<int> order_of(Pool& pool, std::vector<priority> const& posted) {
  std::vector<int> order;
  std::atomic<int> ended{0};
  occupation busy{pool};
  for (int i = 0; priority const each : posted) {
    pool.post([&, i] { order.push_back(i), ++ended; }, {.priority = each});
    ++i;
  }
  busy.open();
  return is_reached(ended, static_cast<int>(posted.size())) ? order : std::vector<int>{};
}

/// Tasks of one priority that never run out: each queues the next one.
template <class Pool>
class steady_load {
 public:
  steady_load(Pool& pool, priority which) : pool_{pool}, level_{which} {}
  void add() {
    pool_.post(
        [this] {
          if (++begun_ < most_of_a_load && !ends_) add();
        },
        {.priority = level_});
  }
  void end() { ends_ = true; }
  int begun() const { return begun_; }

 private:
  Pool& pool_;
  priority level_;
  std::atomic<int> begun_{0};
  std::atomic<bool> ends_{false};
};

}  // namespace

TEST_CASE("high tasks come first and low ones last, each in the order in which they came", "[unit]") {
  beat::ThreadPool pool{1};
  constexpr priority l = priority::low, n = priority::normal, h = priority::high;
  CHECK(order_of(pool, {l, n, h, l, n, h, h}) == std::vector{2, 5, 6, 1, 4, 0, 3});
}

TEST_CASE("a policy with one level ignores priorities", "[unit]") {
  beat::basic_thread_pool<one_level> pool{1};
  constexpr priority l = priority::low, n = priority::normal, h = priority::high;
  CHECK(order_of(pool, {l, n, h, l, n, h}) == std::vector{0, 1, 2, 3, 4, 5});
}

TEST_CASE("a policy has one level or three, and its tasks grow old", "[unit]") {
  CHECK(beat::scheduler_tuning{.priorities = 1}.is_sound());
  CHECK(beat::scheduler_tuning{.aging_interval = 3}.is_sound());
  for (std::uint32_t const levels : {0U, 2U, 4U}) CHECK_FALSE(beat::scheduler_tuning{.priorities = levels}.is_sound());
  CHECK_FALSE(beat::scheduler_tuning{.aging_interval = 2}.is_sound());
}

TEST_CASE("a high task is the next one that a worker takes though very many low ones are queued", "[unit]") {
  int const workers = GENERATE(1, 2);
  beat::ThreadPool pool{static_cast<unsigned>(workers)};
  constexpr int tasks = 100'000;
  std::atomic<int> low_begun{0};
  std::vector<int> overtaken;
  {
    occupation busy{pool};
    for (int i = 0; i < tasks; ++i) pool.post([&] { ++low_begun; }, {.priority = priority::low});
    busy.open();
    while (low_begun < tasks / 2) {
      std::atomic<int> at_start{-1};
      pool.post([&] { at_start = low_begun.load(); }, {.priority = priority::high});
      int const before = low_begun;
      while (at_start < 0) std::this_thread::yield();
      overtaken.push_back(at_start - before);
    }
  }
  pool.wait();
  CHECK(low_begun == tasks);
  // The worker has taken one when the high task comes, and another one may have its turn by its age. Of two workers one
  // may be preempted with the high task in its hands, while the other goes on.
  if (workers == 1) CHECK(*std::max_element(overtaken.begin(), overtaken.end()) <= 2);
}

TEST_CASE("under a steady load of higher tasks each lower one has its turn by its age", "[unit]") {
  int const row = GENERATE(0, 1, 2);
  priority const above = row == 2 ? priority::normal : priority::high;
  priority const below = row == 1 ? priority::normal : priority::low;
  beat::ThreadPool pool{1};
  steady_load load{pool, above};
  std::vector<int> begun_before;
  std::atomic<int> ended{0};
  constexpr int victims = 20;
  {
    occupation busy{pool};
    pool.post([] {}, {.priority = priority::high});  // from here on there are priorities
    for (int i = 0; i < victims; ++i)
      pool.post([&] { begun_before.push_back(load.begun()), ++ended; }, {.priority = below});
    load.add();
    load.add();
  }
  bool const all = is_reached(ended, victims);
  load.end();
  pool.wait();
  REQUIRE(all);
  REQUIRE(begun_before.size() == victims);
  for (int i = 0; i < victims; ++i) {
    INFO(i);
    CHECK(begun_before[static_cast<std::size_t>(i)] <= (i + 1) * aging);
  }
  CHECK(begun_before.back() >= (victims - 1) * (aging - 3));  // and no more than its turn
}

TEST_CASE("the low tasks of every home have their turn under a steady load", "[unit]") {
  beat::ThreadPool pool{{.workers = 1,
                         .placement = beat::placement_policy::compact,
                         .machine = beat::topology_from_synthetic("package:2 core:1")}};
  steady_load load{pool, priority::high};
  std::atomic<int> ended{0};
  load.add();
  for (unsigned const node : {0U, 1U})
    for (priority const level : all_levels)
      pool.post([&] { ++ended; }, {.priority = level, .affinity_hint = beat::node_id{node}});
  bool const all = is_reached(ended, 6);
  load.end();
  pool.wait();
  CHECK(all);
  CHECK(load.begun() < most_of_a_load);  // before its end, which would let go everything
}

TEST_CASE("whoever waits for a task runs it whatever its priority is", "[unit]") {
  impatient_pool pool{1};
  priority const level = GENERATE(priority::low, priority::normal, priority::high);
  occupation const busy{pool};
  auto future = pool.submit([] { return 7; }, {.priority = level});
  CHECK(future.get() == 7);  // its pool stands still
  beat::task_group group{pool};
  std::atomic<int> ran{0};
  for (int i = 0; i < 3; ++i) group.run([&] { ++ran; }, {.priority = level});
  group.wait();
  CHECK(ran == 3);
  CHECK(beat::pcall(pool, [] { return 8; }, {.priority = level}).get() == 8);
}

TEST_CASE("who looks for the tasks of a group leaves the others their priorities", "[unit]") {
  impatient_pool pool{1};
  std::vector<priority> order;
  std::atomic<int> ended{0};
  {
    occupation const busy{pool};
    for (priority const level : all_levels)
      pool.post([&, level] { order.push_back(level), ++ended; }, {.priority = level});
    beat::task_group group{pool};
    group.run([] {}, {.priority = priority::low});
    group.wait();
  }
  REQUIRE(is_reached(ended, 3));
  CHECK(order == std::vector{priority::high, priority::normal, priority::low});
}

TEST_CASE("tasks of every priority are run, or cancelled, before their pool has ended", "[unit]") {
  bool const stops = GENERATE(false, true);
  beat::ThreadPool pool{2};
  std::atomic<int> ran{0};
  std::vector<beat::future<void>> futures;
  {
    occupation busy{pool};
    for (int i = 0; i < 30; ++i)
      for (priority const level : all_levels) futures.push_back(pool.submit([&] { ++ran; }, {.priority = level}));
    std::thread ends{[&] { pool.shutdown(stops ? beat::shutdown_mode::stop : beat::shutdown_mode::drain); }};
    while (pool.try_post([] {})) std::this_thread::yield();  // until it is closed, and cancels
    busy.open();
    ends.join();
  }
  CHECK(ran == (stops ? 0 : 90));
  CHECK(std::all_of(futures.begin(), futures.end(), [](auto const& f) { return f.is_ready(); }));
  beat::pool_stats const stats = pool.stats();
  CHECK(stats.submitted == stats.completed + stats.cancelled);
}
