// SPDX-License-Identifier: MIT
// Shutdown with a deadline: what is drained, what is cancelled, and what runs meanwhile.

#include <atomic>
#include <beat.hpp>
#include <chrono>
#include <stop_token>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "task/support.hpp"

namespace {

using namespace std::chrono_literals;

/// Cooperates for at most a minute; true where it was asked to.
bool runs_until_asked(std::stop_token const& stop) {
  for (auto const limit = std::chrono::steady_clock::now() + 60s; !stop.stop_requested();) {
    if (std::chrono::steady_clock::now() > limit) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

}  // namespace

TEST_CASE("a shutdown with enough time drains the pool and closes it", "[unit]") {
  beat::ThreadPool pool{2};
  std::atomic<int> ran{0};
  for (int i = 0; i < 100; ++i) pool.post([&] { ++ran; });
  bool const drained =
      GENERATE(true, false) ? pool.shutdown_for(1h) : pool.shutdown_until(std::chrono::system_clock::now() + 1h);
  CHECK(drained);
  CHECK(ran == 100);
  CHECK_FALSE(pool.try_post([] {}));
  CHECK(pool.shutdown_for(0s));  // there is nothing left
}

TEST_CASE("a duration that no clock can hold drains a pool", "[unit]") {
  beat::ThreadPool pool{1};
  CHECK(pool.shutdown_for(std::chrono::hours::max()));
}

TEST_CASE("at the deadline what is queued is cancelled and what runs is asked to stop", "[unit]") {
  beat::ThreadPool pool{1};
  std::atomic<bool> begun{false};
  auto running = pool.submit([&](std::stop_token const& stop) {
    begun = true;
    return runs_until_asked(stop);
  });
  while (!begun) std::this_thread::yield();
  std::atomic<int> ran{0};
  std::vector<beat::future<void>> queued;
  for (int i = 0; i < 10; ++i) queued.push_back(pool.submit([&] { ++ran; }));
  pool.post([&] { ++ran; });
  auto const begin = std::chrono::steady_clock::now();
  CHECK_FALSE(pool.shutdown_for(20ms));
  CHECK(std::chrono::steady_clock::now() - begin >= 20ms);
  CHECK(running.is_ready());  // nothing is left behind
  CHECK(running.get());
  for (auto& task : queued) CHECK(task_test::error_of([&] { task.get(); }) == beat::errc::cancelled);
  CHECK(ran == 0);
  CHECK(pool.stats().cancelled == 11);
  CHECK(pool.stats().completed == 1);
}

TEST_CASE("a stop asks running tasks with a stop token and a drain does not", "[unit]") {
  for (auto const mode : {beat::shutdown_mode::stop, beat::shutdown_mode::drain}) {
    beat::ThreadPool pool{1};
    std::atomic<bool> begun{false};
    auto running = pool.submit([&](std::stop_token const& stop) {
      begun = true;
      if (mode == beat::shutdown_mode::drain) return stop.stop_requested();
      return runs_until_asked(stop);
    });
    while (!begun) std::this_thread::yield();
    pool.shutdown(mode);
    CHECK(running.get() == (mode == beat::shutdown_mode::stop));
  }
}

TEST_CASE("several threads may shut a pool down at once", "[unit]") {
  beat::ThreadPool pool{2};
  std::atomic<bool> begun{false};
  pool.submit([&] { begun = true; }).wait();
  auto running = pool.submit([](std::stop_token const& stop) { return runs_until_asked(stop); });
  std::vector<std::thread> threads;
  std::atomic<int> not_drained{0};
  for (int i = 0; i < 3; ++i) threads.emplace_back([&] { not_drained += !pool.shutdown_for(5ms); });
  for (std::thread& t : threads) t.join();
  CHECK(begun);
  // Where none of the threads got so far in time, the task was cancelled before it began.
  CHECK(running.is_ready());
  CHECK(not_drained >= 1);
}

TEST_CASE("a task that shuts its own pool down with a deadline gets an error", "[unit]") {
  beat::ThreadPool pool{1};
  auto code = pool.submit([&] {
    try {
      pool.shutdown_for(1ms);
    } catch (beat::error const& e) {
      return e.code();
    }
    return std::error_code{};
  });
  CHECK(code.get() == beat::errc::self_wait);
  CHECK(pool.submit([] { return 1; }).get() == 1);
}

TEST_CASE("a deadline that passed as long ago as any stops a pool at once", "[unit]") {
  beat::ThreadPool pool{1};
  std::atomic<bool> begun{false};
  pool.post([&] { begun = true, std::this_thread::sleep_for(20ms); });
  while (!begun) std::this_thread::yield();
  pool.post([] {});
  CHECK_FALSE((GENERATE(true, false) ? pool.shutdown_for(std::chrono::hours::min())
                                     : pool.shutdown_until(std::chrono::steady_clock::time_point::min())));
  CHECK(pool.stats().cancelled == 1);
}
