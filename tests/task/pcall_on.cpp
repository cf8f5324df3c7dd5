// SPDX-License-Identifier: MIT
#include <atomic>
#include <beat.hpp>
#include <memory>
#include <stdexcept>
#include <thread>
#include <type_traits>

#include "catch.hpp"
#include "support.hpp"

namespace {

using namespace task_test;

using int_future = beat::pool_potential_future<int>;
static_assert(std::is_same_v<int_future::result_type, int>);
static_assert(!std::is_copy_constructible_v<int_future> && !std::is_move_constructible_v<int_future>);

}  // namespace

TEST_CASE("a call on a pool returns its result whatever the type", "[unit]") {
  beat::ThreadPool pool{2};
  int number = 7;
  auto value = beat::pcall(pool, [] { return 42; });
  auto reference = beat::pcall(pool, [&]() -> int& { return number; });
  auto moved = beat::pcall(pool, [p = std::make_unique<int>(5)]() mutable { return std::move(p); });
  auto nothing = beat::pcall(pool, [] {});
  auto with_context = beat::pcall(pool, [](beat::context where) {
    auto const [a, b] = beat::join(where, [] { return 1; }, [] { return 2; });
    return a + b;
  });
  CHECK(with_context.get() == 3);
  nothing.get();
  CHECK(*moved.get() == 5);
  CHECK(&reference.get() == &number);
  CHECK(value.get() == 42);
}

TEST_CASE("what a call on a pool throws arrives in get", "[unit]") {
  beat::ThreadPool pool{2};
  auto call = beat::pcall(pool, []() -> int { throw std::runtime_error{"from the pool"}; });
  CHECK(message_of([&] { call.get(); }) == "from the pool");
  auto dropped = beat::pcall(pool, []() -> int { throw std::runtime_error{"nobody asks"}; });
}

TEST_CASE("a call on a pool that nobody began is discarded with its future", "[unit]") {
  beat::ThreadPool pool{1};
  std::atomic<bool> ran{false};
  counted::live = 0;
  occupation busy{pool};
  auto const start = std::chrono::steady_clock::now();
  {
    auto const dropped = beat::pcall(pool, [&, c = counted{1}] { ran = c.value == 1; });
  }
  CHECK(std::chrono::steady_clock::now() - start < 10s);  // at once, and not when its turn comes
  CHECK(counted::live == 0);
  CHECK(pool.stats().cancelled == 1);
  busy.open();
  pool.wait();
  CHECK_FALSE(ran);
  CHECK(pool.stats().cancelled == 1);
  CHECK(pool.stats().submitted == 2);
  CHECK(pool.stats().completed == 1);
}

TEST_CASE("a pool is quiet once all that it has left are discarded calls", "[unit]") {
  beat::ThreadPool pool{1};
  bool quiet = false;
  pool.run([&] {
    {
      auto const dropped = beat::pcall(pool, [] {});
    }
    std::thread{[&] { pool.post([] {}); }}.join();
  });
  quiet = pool.wait_for(20s);
  CHECK(quiet);
}

TEST_CASE("a call on a pool that runs is waited for", "[unit]") {
  beat::ThreadPool pool{1};
  std::atomic<bool> begun{false};
  std::atomic<bool> ended{false};
  {
    auto const call = beat::pcall(pool, [&] {
      begun = true;
      std::this_thread::sleep_for(10ms);
      ended = true;
    });
    CHECK(wait_for(begun));
  }
  CHECK(ended);
}

TEST_CASE("a call on a pool that destroys its own future goes on", "[unit]") {
  beat::ThreadPool pool{1};
  struct owner {
    int_future call;
  };
  std::atomic<owner*> itself{nullptr};
  std::atomic<int> ended{0};
  itself = new owner{beat::pcall(pool, [&] {
    while (itself == nullptr) std::this_thread::yield();
    delete itself.exchange(nullptr);
    return ++ended;
  })};
  pool.wait();
  CHECK(ended == 1);

  // Also by the last of what it captured, after it has returned.
  auto kept = std::make_shared<std::unique_ptr<owner>>();
  std::weak_ptr const watched{kept};
  std::atomic<bool> made{false};
  kept->reset(new owner{beat::pcall(pool, [&, kept] {
    wait_for(made);
    return ++ended;
  })});
  kept.reset();
  made = true;
  pool.wait();
  CHECK(ended == 2);
  CHECK(watched.expired());
  CHECK(pool.stats().completed == 2);
}

TEST_CASE("a second get of a call on a pool is an error", "[unit]") {
  beat::ThreadPool pool{1};
  auto call = beat::pcall(pool, [] { return 1; });
  CHECK(call.get() == 1);
  CHECK(error_of([&] { call.get(); }) == beat::errc::no_state);
}

TEST_CASE("a closed pool refuses calls", "[unit]") {
  beat::ThreadPool pool{1};
  pool.shutdown();
  CHECK(error_of([&] { static_cast<void>(beat::pcall(pool, [] { return 1; })); }) == beat::errc::pool_shutdown);
}

TEST_CASE("inside of the only worker of a pool a call on it is run by get", "[unit]") {
  beat::ThreadPool pool{1};
  bool const same = pool.run([&] {
    auto const here = std::this_thread::get_id();
    auto call = beat::pcall(pool, [] { return std::this_thread::get_id(); });
    return call.get() == here;
  });
  CHECK(same);
}
