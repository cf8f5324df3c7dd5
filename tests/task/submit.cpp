// SPDX-License-Identifier: MIT
#include <array>
#include <atomic>
#include <beat.hpp>
#include <cstdint>
#include <exception>
#include <memory>
#include <new>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include "catch.hpp"
#include "support.hpp"

#if defined(__linux__) && !defined(BEAT_PORTABLE)
#include "base/dies.hpp"
#endif

namespace {

using namespace task_test;

/// A callable that can't be copied for want of memory.
struct heavy {
  heavy() = default;
  heavy(heavy const&) { throw std::bad_alloc{}; }
  void operator()() const {}
};

}  // namespace

TEST_CASE("every posted task runs once", "[unit]") {
  unsigned const workers = GENERATE(1U, 2U, 4U);
  beat::ThreadPool pool{workers};
  std::vector<std::atomic<int>> runs(2000);
  for (auto& count : runs) pool.post([&count] { ++count; });
  pool.wait();
  int wrong = 0;
  for (auto const& count : runs) wrong += count != 1;
  CHECK(wrong == 0);
}

TEST_CASE("tasks take what they captured along and release it once they have run", "[unit]") {
  beat::ThreadPool pool{2};
  counted::live = 0;
  std::atomic<int> sum{0};
  counted const named{1};
  auto const copied = [&sum, named] { sum += named.value; };
  pool.post(copied);
  pool.post([&sum, moved = std::make_unique<counted>(10)] { sum += moved->value; });
  CHECK(pool.try_post([&sum, moved = counted{100}] { sum += moved.value; }));
  pool.wait();
  CHECK(sum == 111);
  CHECK(counted::live == 2);  // the named one, and the one in the lambda
}

TEST_CASE("a task that wants one gets the context of the thread that runs it", "[unit]") {
  beat::ThreadPool pool{1};
  std::atomic<bool> same{false};
  pool.post([&](beat::context where) { same = &where.lane() == &beat::here().lane(); });
  auto sum = pool.submit([](beat::context where) {
    auto const [a, b] = beat::join(where, [] { return 40; }, [] { return 2; });
    return a + b;
  });
  CHECK(sum.get() == 42);
  pool.wait();
  CHECK(same);
}

TEST_CASE("functions and function pointers can be posted", "[unit]") {
  beat::ThreadPool pool{1};
  static std::atomic<int> calls{0};
  struct local {
    static void function() { ++calls; }
    static int answer() { return 42; }
  };
  calls = 0;
  pool.post(local::function);
  pool.post(&local::function);
  CHECK(pool.submit(local::answer).get() == 42);
  pool.wait();
  CHECK(calls == 2);
}

TEST_CASE("what a posted task throws goes to the handler of the pool", "[unit]") {
  std::atomic<int> handled{0};
  std::string message;
  beat::ThreadPool pool{{.workers = 1, .on_exception = [&](std::exception_ptr error) {
                           ++handled;
                           message = message_of([&] { std::rethrow_exception(error); });
                         }}};
  pool.post([] { throw std::runtime_error{"posted"}; });
  pool.post([] {});
  pool.wait();
  CHECK(handled == 1);
  CHECK(message == "posted");
  CHECK(pool.stats().failed == 1);
  CHECK(pool.stats().completed == 1);
}

#if defined(__linux__) && !defined(BEAT_PORTABLE)
TEST_CASE("without a handler an exception of a posted task ends the program", "[unit]") {
  auto const child = beat_test::run_in_child([] {
    beat::ThreadPool pool{1};
    pool.post([] { throw std::runtime_error{"nobody hears this"}; });
    pool.wait();
  });
  CHECK(child.aborted);
}
#endif

TEST_CASE("a posted task whose stop token is in time never runs", "[unit]") {
  beat::ThreadPool pool{1};
  std::stop_source source;
  std::atomic<int> ran{0};
  {
    occupation const busy{pool};
    for (int i = 0; i < 10; ++i) pool.post([&] { ++ran; }, {.stop = source.get_token()});
    CHECK(pool.try_post([&] { ++ran; }, {.stop = source.get_token()}));
    pool.post([&] { ran += 100; });
    source.request_stop();
  }
  pool.wait();
  CHECK(ran == 100);
  CHECK(pool.stats().cancelled == 11);
}

TEST_CASE("a closed pool refuses tasks and says so", "[unit]") {
  beat::ThreadPool pool{1};
  pool.shutdown();
  CHECK(error_of([&] { pool.post([] {}); }) == beat::errc::pool_shutdown);
  CHECK(error_of([&] { static_cast<void>(pool.submit([] {})); }) == beat::errc::pool_shutdown);
  CHECK(pool.try_post([] {}).error() == beat::errc::pool_shutdown);
  counted::live = 0;
  CHECK_FALSE(pool.try_post([c = counted{1}] { static_cast<void>(c); }));
  CHECK(counted::live == 0);
  CHECK(pool.stats().submitted == 0);
}

TEST_CASE("a task that can't be copied into the pool leaves nothing behind", "[unit]") {
  beat::ThreadPool pool{1};
  heavy const task;
  CHECK_THROWS_AS(pool.post(task), std::bad_alloc);
  CHECK_THROWS_AS(static_cast<void>(pool.try_post(task)), std::bad_alloc);
  CHECK_THROWS_AS(static_cast<void>(pool.submit(task)), std::bad_alloc);
  pool.wait();
  CHECK(pool.stats().submitted == 0);
}

TEST_CASE("tasks post tasks and all of them run before the pool ends", "[unit]") {
  unsigned const workers = GENERATE(1U, 2U, 4U);
  std::atomic<int> ran{0};
  {
    beat::ThreadPool pool{workers};
    struct chain {
      beat::ThreadPool& pool;
      std::atomic<int>& ran;
      int left;
      void operator()() const {
        ++ran;
        if (left > 0) pool.post(chain{pool, ran, left - 1});
      }
    };
    for (int i = 0; i < 10; ++i) pool.post(chain{pool, ran, 99});
  }
  CHECK(ran == 1000);
}

TEST_CASE("what was submitted is completed or failed or cancelled", "[unit]") {
  unsigned const workers = GENERATE(1U, 2U, 4U);
  beat::ThreadPool pool{{.workers = workers, .on_exception = [](std::exception_ptr) {}}};
  std::stop_source stopped;
  stopped.request_stop();
  for (int i = 0; i < 300; ++i) {
    if (i % 3 == 0) pool.post([] {});
    if (i % 3 == 1) pool.post([] { throw 1; });
    if (i % 3 == 2) pool.post([] {}, {.stop = stopped.get_token()});
  }
  pool.wait();
  beat::pool_stats const stats = pool.stats();
  CHECK(stats.submitted == 300);
  CHECK(stats.completed == 100);
  CHECK(stats.failed == 100);
  CHECK(stats.cancelled == 100);
}

TEST_CASE("a pool is quiet once a future has its result although its waiter goes on", "[unit]") {
  beat::ThreadPool pool{1};
  bool quiet = false;
  pool.run([&] {
    pool.submit([] {}).get();  // runs here, as this thread has the only permit
    std::thread{[&] { quiet = pool.wait_for(10s); }}.join();
  });
  CHECK(quiet);
}

TEST_CASE("a callable is where its alignment and its size want it to be", "[unit]") {
  struct alignas(256) aligned {
    char content[256];
  };
  beat::ThreadPool pool{2};
  auto const placed = [](auto const& captured) {
    return reinterpret_cast<std::uintptr_t>(&captured) % alignof(std::remove_cvref_t<decltype(captured)>) == 0;
  };
  std::vector<beat::future<bool>> results;
  for (int i = 0; i < 100; ++i) {
    results.push_back(pool.submit([&placed, a = aligned{}] { return placed(a); }));
    results.push_back(pool.submit([&placed, a = std::array<double, 3>{}] { return placed(a); }));
    results.push_back(pool.submit([&placed, a = std::array<double, 100>{}] { return placed(a); }));
  }
  for (beat::future<bool>& result : results) CHECK(result.get());
}
