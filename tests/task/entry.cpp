// SPDX-License-Identifier: MIT
// Bounded queues: what becomes of a task that finds no place, and which tasks have one.

#include <atomic>
#include <beat.hpp>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "support.hpp"

namespace {

using namespace task_test;
using beat::errc;
using beat::when_full;

beat::pool_options bounded(when_full policy, std::size_t limit = 2) {
  return {.workers = 1, .queue_limit = limit, .when_full = policy};
}

template <class Pool>
void fill(Pool& pool, std::size_t limit) {
  while (pool.load().queued < limit) pool.post([] {});
}

/// Whether `flag` stays false for a while. That it would become true later is nothing that this could see.
bool stays_false(std::atomic<bool> const& flag) {
  std::this_thread::sleep_for(10ms);
  return !flag;
}

}  // namespace

TEST_CASE("a full queue rejects tasks from outside, and leaves them to their senders", "[unit]") {
  beat::ThreadPool pool{bounded(when_full::reject)};
  counted::live = 0;
  {
    occupation busy{pool};
    std::atomic<int> ran{0};
    pool.post([&] { ++ran; });
    auto second = pool.submit([&] { return ++ran; });
    auto task = [&ran, c = counted{1}] { static_cast<void>(c), ++ran; };
    CHECK(error_of([&] { pool.post(task); }) == errc::queue_full);
    CHECK(error_of([&] { static_cast<void>(pool.submit(task)); }) == errc::queue_full);
    CHECK(error_of([&] { beat::pcall(pool, task).get(); }) == errc::queue_full);
    CHECK(pool.try_post(std::move(task)).error() == errc::queue_full);
    CHECK(counted::live == 1);
    CHECK(pool.load().queued == 2);
    busy.open();
    pool.wait();
    CHECK(ran == 2);
    CHECK(pool.try_post(std::move(task)));  // which was not moved from
    pool.wait();
    CHECK(ran == 3);
    CHECK(second.get() == 2);
  }
  CHECK(counted::live == 0);
  CHECK(pool.load().queued == 0);
}

TEST_CASE("a full queue blocks its sender until a task begins", "[unit]") {
  beat::ThreadPool pool{bounded(when_full::block)};
  std::atomic<bool> posted{false}, ran{false};
  occupation busy{pool};
  fill(pool, 2);
  CHECK(pool.try_post([] {}).error() == errc::queue_full);
  std::thread sender{[&] {
    pool.post([&] { ran = true; });
    posted = true;
  }};
  CHECK(stays_false(posted));
  busy.open();
  CHECK(wait_for(posted));
  CHECK(wait_for(ran));
  sender.join();
}

TEST_CASE("a shutdown lets go who waits for a place", "[unit]") {
  auto const mode = GENERATE(beat::shutdown_mode::drain, beat::shutdown_mode::stop);
  beat::ThreadPool pool{bounded(when_full::block, 1)};
  std::atomic<int> refused{0}, ran{0};
  occupation busy{pool};
  pool.post([&] { ++ran; });
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i)
    threads.emplace_back([&] {
      auto const posts = [&] { pool.post([&] { ran += 100; }); };
      if (error_of(posts) == errc::pool_shutdown) ++refused;
    });
  std::this_thread::sleep_for(5ms);
  std::thread ends{[&] { pool.shutdown(mode); }};
  for (std::thread& each : threads) each.join();  // while the only worker is busy
  busy.open();
  ends.join();
  CHECK(refused == 3);
  CHECK(ran == (mode == beat::shutdown_mode::drain ? 1 : 0));
}

TEST_CASE("a pool may end while somebody waits for a place", "[unit]") {
  for (int round = 0; round < 20; ++round) {
    std::optional<beat::ThreadPool> pool{std::in_place, bounded(when_full::block, 1)};
    std::optional<occupation> busy{*pool};
    pool->post([] {});
    std::atomic<bool> about_to{false}, refused{false};
    std::thread sender{[&] {
      about_to = true;
      refused = error_of([&] { pool->post([] {}); }) == errc::pool_shutdown;
    }};
    wait_for(about_to);
    std::this_thread::sleep_for(3ms);
    std::thread ends{[&] { pool->shutdown(); }};
    sender.join();
    busy->open();
    ends.join();
    pool.reset();
    CHECK(refused);
  }
}

TEST_CASE("a full queue has its sender run a task as a worker would", "[unit]") {
  std::atomic<int> handled{0};
  beat::ThreadPool pool{
      {.workers = 1, .queue_limit = 1, .when_full = when_full::caller_runs, .on_exception = [&](std::exception_ptr) {
         ++handled;
       }}};
  std::optional<occupation> busy{pool};
  pool.post([] {});
  beat::pool_stats const before = pool.stats();
  auto const here = std::this_thread::get_id();
  auto const runs_here = [&] { return std::this_thread::get_id() == here; };

  auto future = pool.submit(runs_here);
  CHECK(future.is_ready());
  CHECK(future.get());
  auto failed = pool.submit([]() -> int { throw std::runtime_error{"own"}; });
  CHECK(message_of([&] { failed.get(); }) == "own");
  pool.post([] { throw std::runtime_error{"posted"}; });
  CHECK(handled == 1);
  std::stop_source stopped;
  stopped.request_stop();
  auto cancelled = pool.submit([] {}, {.stop = stopped.get_token()});
  CHECK(error_of([&] { cancelled.get(); }) == errc::cancelled);
  bool ran = false, joined = false;
  CHECK(pool.try_post([] {}).error() == errc::queue_full);  // it does not take as long as a task may
  pool.post([&](beat::context where) {
    ran = runs_here();
    auto const [a, b] = beat::join(where, [] { return 1; }, [] { return 2; });
    joined = a + b == 3;
    pool.post([] {});  // of its own: it is queued, and never refused
  });
  CHECK(ran);
  CHECK(joined);
  CHECK(beat::pcall(pool, runs_here).get());
  CHECK(pool.load().queued == 2);
  auto const during = pool.stats() - before;
  CHECK(during.submitted == 7);
  CHECK(during.completed == 3);
  CHECK(during.failed == 2);
  CHECK(during.cancelled == 1);
  busy.reset();
  pool.wait();
  CHECK(pool.load().queued == 0);
}

TEST_CASE("what the pool's own tasks queue, groups and roots are never refused", "[unit]") {
  auto const policy = GENERATE(when_full::block, when_full::reject, when_full::caller_runs);
  beat::ThreadPool pool{bounded(policy, 1)};
  std::atomic<int> ran{0};
  auto const count = [&] { ++ran; };
  std::size_t queued = 0;
  pool.run([&] {
    for (int i = 0; i < 10; ++i) pool.post(count);
    if (!pool.try_post(count)) ran += 1000;
    queued = pool.load().queued;
    pool.submit(count).get();
  });
  CHECK(queued == 11);
  beat::task_group group{pool};
  for (int i = 0; i < 10; ++i) group.run(count);
  group.wait();
  pool.wait();
  {
    std::optional<occupation> busy{pool};
    fill(pool, 1);
    std::thread visitor{[&] { pool.run(count); }};
    std::this_thread::sleep_for(2ms);
    busy.reset();
    visitor.join();
  }
  pool.wait();
  CHECK(ran == 23);
  CHECK(pool.load().queued == 0);
}

TEST_CASE("a task that was run by who waits for it, or called off, has given its place back", "[unit]") {
  beat::basic_thread_pool<impatient_policy> pool{bounded(when_full::reject, 1)};
  {
    occupation const busy{pool};
    auto first = pool.submit([] { return 1; });
    CHECK_FALSE(pool.try_post([] {}));
    CHECK(first.get() == 1);  // on this thread, as the pool stands still
    auto second = pool.submit([] { return 2; });
    CHECK_FALSE(pool.try_post([] {}));
    CHECK(second.request_stop());
    {
      auto const discarded = beat::pcall(pool, [] {});
    }
    CHECK(pool.load().queued == 0);
    CHECK(pool.try_post([] {}));
    CHECK_FALSE(pool.try_post([] {}));
  }
  pool.wait();
  CHECK(pool.load().queued == 0);
}

TEST_CASE("a continuation has a place from its arrival on, unless it was called off before", "[unit]") {
  beat::ThreadPool pool{bounded(when_full::reject, 2)};
  for (int round = 0; round < 3; ++round) {
    std::optional<beat::promise<int>> source{std::in_place, pool};
    auto follows = source->get_future().then([](int i) { return i; });
    CHECK(pool.load().queued == 0);
    if (round == 0) {
      CHECK(follows.request_stop());
      CHECK(pool.load().queued == 0);
    }
    occupation const busy{pool};
    source->set_value(1);
    CHECK(pool.load().queued == (round == 0 ? 0 : 1));
    if (round == 1) {
      CHECK(follows.request_stop());
      CHECK(pool.load().queued == 0);
    }
    source.reset();
  }
  pool.wait();
  CHECK(pool.load().queued == 0);
}

TEST_CASE("bounded pools whose tasks wait for places in each other go on", "[unit]") {
  beat::ThreadPool a{bounded(when_full::block, 1)}, b{bounded(when_full::block, 1)};
  std::atomic<int> ran{0};
  struct chain {
    beat::ThreadPool &here, &there;
    std::atomic<int>& ran;
    int left;
    void operator()() const {
      ++ran;
      if (left > 0) there.post(chain{there, here, ran, left - 1});
    }
  };
  for (int i = 0; i < 5; ++i) a.post(chain{a, b, ran, 20}), b.post(chain{b, a, ran, 20});
  while (ran < 210) a.wait(), b.wait();
  CHECK(ran == 210);
}

TEST_CASE("a task that can't be made gives its place back", "[unit]") {
  beat::ThreadPool pool{bounded(when_full::reject, 1)};
  struct heavy {
    heavy() = default;
    heavy(heavy const&) { throw std::bad_alloc{}; }
    void operator()() const {}
  };
  heavy const task;
  CHECK_THROWS_AS(pool.post(task), std::bad_alloc);
  CHECK_THROWS_AS(static_cast<void>(pool.submit(task)), std::bad_alloc);
  CHECK(pool.load().queued == 0);
}

TEST_CASE("the admission hook is asked before the queue", "[unit]") {
  bool opens = false;
  beat::ThreadPool pool{
      {.workers = 1, .queue_limit = 1, .when_full = when_full::reject, .admission = [&] { return opens; }}};
  CHECK(pool.try_post([] {}).error() == errc::overloaded);
  CHECK(pool.load().queued == 0);
  opens = true;
  CHECK(pool.try_post([] {}));
}
