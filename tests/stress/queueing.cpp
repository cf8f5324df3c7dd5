// SPDX-License-Identifier: MIT
// Many producers, all priorities, queues that are bounded or not: each task is run once, nobody sleeps for ever, and no
// more are queued than may be.

#include <algorithm>
#include <atomic>
#include <beat.hpp>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "stress.hpp"
#include "workers.hpp"

namespace {

using namespace stress;

constexpr beat::priority queueing_levels[] = {beat::priority::low, beat::priority::normal, beat::priority::high};

}  // namespace

TEST_CASE("tasks of all priorities through a queue of any kind: each is run, and once", "[stress]") {
  unsigned const workers = workers_under_test();
  std::size_t const limit = GENERATE(std::size_t{0}, std::size_t{1}, std::size_t{64});
  auto const policy = GENERATE(beat::when_full::block, beat::when_full::reject, beat::when_full::caller_runs);
  if (limit == 0 && policy != beat::when_full::block) return;
  constexpr unsigned producers = 4;
  auto const share = static_cast<std::size_t>(often(5'000, 500));
  auto const marks = std::make_unique<std::atomic<std::uint8_t>[]>(producers * share);
  std::atomic<std::size_t> too_many{0};
  watchdog const dog{"tasks of all priorities"};
  beat::ThreadPool pool{{.workers = workers, .queue_limit = limit, .when_full = policy}};
  std::vector<std::thread> threads;
  for (unsigned p = 0; p < producers; ++p)
    threads.emplace_back([&, p] {
      for (std::size_t i = p * share, end = i + share; i < end; ++i) {
        beat::task_options const options{.priority = queueing_levels[i % 3]};
        auto const task = [&marks, i] { marks[i].fetch_add(1, std::memory_order_relaxed); };
        if (i % 16 == 0 && policy != beat::when_full::reject)
          pool.submit(task, options).get();
        else if (policy != beat::when_full::reject)
          pool.post(task, options);
        else
          while (!pool.try_post(task, options)) std::this_thread::yield();
        // With caller_runs a place is taken beyond the limit until the task begins.
        if (limit != 0 && policy != beat::when_full::caller_runs && pool.load().queued > limit) ++too_many;
      }
    });
  for (std::thread& each : threads) each.join();
  pool.wait();
  CHECK(std::all_of(marks.get(), marks.get() + producers * share, [](auto const& mark) { return mark == 1; }));
  CHECK(too_many == 0);
  CHECK(pool.load().queued == 0);
  beat::pool_stats const stats = pool.stats();
  CHECK(stats.submitted == producers * share);
  CHECK(stats.completed == stats.submitted);
}

TEST_CASE("no wake-up is lost for a task of any priority", "[stress]") {
  beat::basic_thread_pool<sleepy_policy> pool{2};
  watchdog dog{"tasks that come one by one", 20s};
  long const rounds = often(60'000, 3'000);
  std::atomic<long> ran{0};
  for (long i = 0; i < rounds; ++i) {
    for (long pause = i % 64; pause != 0; --pause) beat::std_atomics::pause();
    pool.post([&] { ++ran, ran.notify_one(); }, {.priority = queueing_levels[i % 3]});
    ran.wait(i);
    dog.feed();
  }
  CHECK(ran == rounds);
}
