// SPDX-License-Identifier: MIT
#include <atomic>
#include <beat.hpp>
#include <beat/task/coroutine.hpp>
#include <coroutine>
#include <memory>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <system_error>
#include <thread>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "build_kind.hpp"
#include "catch.hpp"
#include "support.hpp"

namespace {

using namespace task_test;

// g++ makes no tail calls for sanitizers, nor below -O2, of which it says nothing but whether it optimises.
#if defined(__clang__)
constexpr bool has_tail_calls = true;
#else
constexpr bool has_tail_calls = build_kind::has_small_frames;
#endif

static_assert(!std::is_copy_constructible_v<beat::task<int>>);
static_assert(std::is_nothrow_move_constructible_v<beat::task<int>>);
static_assert(std::is_same_v<beat::task<>, beat::task<void>>);

beat::task<int> value(int x) { co_return x; }
beat::task<counted> held(int x) { co_return counted{x}; }
beat::task<> nothing() { co_return; }
beat::task<int&> reference(int& x) { co_return x; }
beat::task<int> failing() {
  counted const local{1};
  throw counted{7};
  co_return 1;
}

beat::task<int> sum_of_ready(int n) {
  int sum = 0;
  for (int i = 0; i < n; ++i) sum += co_await value(1);
  co_return sum;
}

beat::task<int> depth(int n) {
  if (n == 0) co_return 0;
  co_return 1 + co_await depth(n - 1);
}

beat::task<int> hops(beat::ThreadPool& pool, int n) {
  counted const local{1};
  for (int i = 0; i < n; ++i) co_await beat::schedule(pool);
  co_return n;
}

beat::task<long> fibonacci_in(beat::ThreadPool& pool, int n) {
  if (n < 2) co_return n;
  co_await beat::schedule(pool);
  auto [left, right] = co_await beat::when_all(fibonacci_in(pool, n - 1), fibonacci_in(pool, n - 2));
  co_return left + right;
}

beat::task<> until_stopped(beat::ThreadPool& pool, std::atomic<int>& begun) {
  counted const local{1};
  ++begun;
  for (;;) co_await beat::schedule(pool);
}

}  // namespace

TEST_CASE("a coroutine begins when it is awaited and gives its result or its exception", "[unit]") {
  int target = 0;
  CHECK(beat::sync_wait(value(42)) == 42);
  CHECK(beat::sync_wait(held(3)).value == 3);
  CHECK(&beat::sync_wait(reference(target)) == &target);
  beat::sync_wait(nothing());
  CHECK_THROWS_AS(beat::sync_wait(failing()), counted);
  bool begun = false;
  auto const begin = [&]() -> beat::task<> {
    begun = true;
    co_return;
  };
  {
    auto const dropped = begin();
  }
  CHECK_FALSE(begun);
  auto moved = begin();
  beat::task<> other = std::move(moved);
  CHECK_FALSE(moved.valid());
  CHECK(error_of([&] { beat::sync_wait(std::move(moved)); }) == beat::errc::no_state);
  beat::sync_wait(std::move(other));
  CHECK(begun);
  CHECK(counted::live == 0);
}

TEST_CASE("loops and recursion of coroutines that end at once need no stack", "[unit]") {
  int const many = has_tail_calls ? 1'000'000 : 1'000;
  CHECK(beat::sync_wait(sum_of_ready(many)) == many);
  CHECK(beat::sync_wait(depth(many / 10)) == many / 10);
}

TEST_CASE("a coroutine goes to a pool and counts there as a task each time", "[unit]") {
  unsigned const workers = GENERATE(1U, 2U, 4U);
  int const many = build_kind::is_sanitized ? 2'000 : 100'000;
  beat::ThreadPool pool{workers};
  CHECK(beat::sync_wait(hops(pool, many)) == many);
  pool.wait();
  auto const did = pool.stats();
  CHECK(did.completed == static_cast<std::uint64_t>(many));
  CHECK(did.submitted == did.completed);
  auto const where = [&]() -> beat::task<std::thread::id> {
    co_await beat::schedule(pool);
    co_return std::this_thread::get_id();
  };
  CHECK(beat::sync_wait(where()) != std::this_thread::get_id());
  CHECK(pool.submit([&] { return beat::sync_wait(hops(pool, 10)); }).get() == 10);  // also inside of its only worker
  CHECK(counted::live == 0);
}

TEST_CASE("when_all of coroutines gives all results or the leftmost exception", "[unit]") {
  unsigned const workers = GENERATE(1U, 2U, 4U);
  beat::ThreadPool pool{workers};
  CHECK(beat::sync_wait(fibonacci_in(pool, build_kind::is_sanitized ? 10 : 16)) ==
        (build_kind::is_sanitized ? 55 : 987));
  auto [a, b, c] = beat::sync_wait(beat::when_all(value(1), nothing(), hops(pool, 3)));
  CHECK(a + c == 4);
  static_cast<void>(b);
  std::vector<beat::task<int>> many;
  many.reserve(100);
  for (int i = 0; i < 100; ++i) many.push_back(hops(pool, i));
  int sum = 0;
  for (int const each : beat::sync_wait(beat::when_all(std::move(many)))) sum += each;
  CHECK(sum == 4950);
  beat::sync_wait(beat::when_all(std::vector<beat::task<>>{}));
  std::vector<beat::task<>> plain;
  plain.push_back(nothing());
  beat::sync_wait(beat::when_all(std::move(plain)));
  auto const right = []() -> beat::task<int> {
    throw std::runtime_error{"right"};
    co_return 1;
  };
  CHECK_THROWS_AS(beat::sync_wait(beat::when_all(hops(pool, 2), failing(), right())), counted);
  CHECK(error_of([&] { static_cast<void>(beat::when_all(beat::task<int>{})); }) == beat::errc::no_state);
  CHECK(counted::live == 0);
}

TEST_CASE("a coroutine awaits futures and goes on in their pool", "[unit]") {
  unsigned const workers = GENERATE(1U, 2U);
  beat::ThreadPool pool{workers};
  auto const awaits = [&](int n) -> beat::task<int> {
    int sum = 0;
    for (int i = 0; i < n; ++i) {
      sum += co_await pool.submit([] { return 1; });
      auto next = pool.submit([] { return 2; }).then([](int x) { return 2 * x; });
      sum += co_await std::move(next);
    }
    co_return sum;
  };
  int const many = build_kind::is_sanitized ? 100 : 2'000;
  CHECK(beat::sync_wait(awaits(many)) == 5 * many);
  auto const fails = [&]() -> beat::task<int> { co_return co_await pool.submit([]() -> int { throw counted{1}; }); };
  CHECK_THROWS_AS(beat::sync_wait(fails()), counted);
  std::optional<beat::promise<int>> source{pool};
  auto abandoned = [](beat::future<int> f) -> beat::task<int> { co_return co_await std::move(f); };
  std::thread giver;
  auto waits = abandoned(source->get_future());
  giver = std::thread{[&] { source.reset(); }};
  CHECK(error_of([&] { beat::sync_wait(std::move(waits)); }) == beat::errc::abandoned);
  giver.join();
  pool.wait();
  auto const did = pool.stats();
  CHECK(did.submitted == did.completed + did.failed + did.cancelled);
  CHECK(counted::live == 0);
}

TEST_CASE("each frame ends once also where the pool stops or is closed", "[unit]") {
  unsigned const workers = GENERATE(1U, 2U, 4U);
  std::atomic<int> begun{0};
  {
    beat::ThreadPool pool{workers};
    {
      beat::async_scope scope{pool};
      for (int i = 0; i < 20; ++i) scope.spawn(until_stopped(pool, begun));
      while (begun == 0) std::this_thread::yield();
      pool.shutdown(beat::shutdown_mode::stop);
      CHECK_NOTHROW(scope.wait());
      CHECK(counted::live == 0);
      CHECK(error_of([&] { scope.spawn(nothing()); }) == beat::errc::pool_shutdown);
    }
    CHECK(error_of([&] { beat::sync_wait(hops(pool, 1)); }) == beat::errc::pool_shutdown);
    auto const did = pool.stats();
    CHECK(did.submitted == did.completed + did.failed + did.cancelled);
  }
  CHECK(counted::live == 0);
}

TEST_CASE("a stop token reaches all coroutines below and ends their waits for a pool", "[unit]") {
  unsigned const workers = GENERATE(1U, 2U);
  beat::ThreadPool pool{workers};
  std::atomic<int> begun{0};
  std::stop_source stop;
  std::thread stopper{[&] {
    while (begun < 2) std::this_thread::yield();
    stop.request_stop();
  }};
  auto both = beat::when_all(until_stopped(pool, begun), until_stopped(pool, begun));
  CHECK(error_of([&] { beat::sync_wait(std::move(both), stop.get_token()); }) == beat::errc::cancelled);
  stopper.join();
  auto const asks = []() -> beat::task<bool> {
    std::stop_token const token = co_await beat::get_stop_token();
    co_return token.stop_requested();
  };
  auto const below = [&]() -> beat::task<bool> { co_return co_await asks(); };
  CHECK(beat::sync_wait(below(), stop.get_token()));
  CHECK_FALSE(beat::sync_wait(below()));
  CHECK(counted::live == 0);
}

TEST_CASE("a scope waits for all that it has begun and hands out the first exception", "[unit]") {
  unsigned const workers = GENERATE(1U, 2U, 4U);
  beat::ThreadPool pool{workers};
  std::atomic<int> ended{0};
  {
    beat::async_scope scope{pool};
    scope.wait();
    auto const nested = [&](auto& self, int n) -> beat::task<counted> {
      if (n > 0) {
        scope.spawn(self(self, n - 1));
        scope.spawn(self(self, n - 1));
      }
      co_await beat::schedule(pool);
      ++ended;
      co_return counted{n};
    };
    scope.spawn(nested(nested, 5));
    auto const joins = [&]() -> beat::task<int> {
      co_await scope.join();
      co_return ended.load();
    };
    CHECK(beat::sync_wait(joins()) == 63);
    scope.spawn(failing());
    scope.spawn(hops(pool, 3));
    CHECK_THROWS_AS(beat::sync_wait(joins()), counted);
    scope.spawn(failing());
    CHECK_THROWS_AS(scope.wait(), counted);
    CHECK_NOTHROW(scope.wait());

    std::atomic<int> begun{0};
    for (int i = 0; i < 4; ++i) scope.spawn(until_stopped(pool, begun));
    while (begun == 0) std::this_thread::yield();
    scope.request_stop();
    CHECK_NOTHROW(scope.wait());
    CHECK(scope.stop_token().stop_requested());
    scope.spawn(failing());  // never begins
  }
  CHECK(counted::live == 0);
}
