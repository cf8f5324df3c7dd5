// SPDX-License-Identifier: MIT
#include <atomic>
#include <beat.hpp>
#include <memory>
#include <stdexcept>
#include <thread>
#include <type_traits>
#include <vector>

#include "catch.hpp"
#include "support.hpp"

namespace {

using namespace task_test;

template <class F>
using result_of_run = decltype(std::declval<beat::ThreadPool&>().run(std::declval<F>()));
static_assert(std::is_void_v<result_of_run<void (*)()>>);
static_assert(std::is_same_v<result_of_run<int& (*)()>, int&>);
static_assert(std::is_same_v<result_of_run<long (*)(beat::context)>, long>);

}  // namespace

TEST_CASE("run returns what the function returns whatever the type", "[unit]") {
  bool const queued = GENERATE(false, true);  // by the calling thread, or by a worker where no permit is free
  impatient_pool pool{1};
  std::unique_ptr<occupation> const busy = queued ? std::make_unique<occupation>(pool) : nullptr;
  int number = 7;
  CHECK(pool.run([] { return 42; }) == 42);
  CHECK(&pool.run([&]() -> int& { return number; }) == &number);
  CHECK(*pool.run([] { return std::make_unique<int>(5); }) == 5);
  pool.run([&] { ++number; });
  CHECK(number == 8);
  CHECK(pool.run([](beat::context where) { return &where.lane() == &beat::here().lane(); }));
}

TEST_CASE("run calls a named function object where it is", "[unit]") {
  beat::ThreadPool pool{1};
  struct counter {
    int calls = 0;
    counter() = default;
    counter(counter const&) = delete;
    int operator()() { return ++calls; }
  };
  counter f;
  pool.run(f);
  CHECK(pool.run(f) == 2);
  CHECK(f.calls == 2);
}

TEST_CASE("what the function throws arrives from run", "[unit]") {
  bool const queued = GENERATE(false, true);
  impatient_pool pool{1};
  std::unique_ptr<occupation> const busy = queued ? std::make_unique<occupation>(pool) : nullptr;
  CHECK(message_of([&] { pool.run([]() -> int { throw std::runtime_error{"from inside"}; }); }) == "from inside");
  CHECK(pool.run([] { return 1; }) == 1);  // and the pool goes on
}

TEST_CASE("a closed pool refuses to run", "[unit]") {
  beat::ThreadPool pool{1};
  pool.shutdown();
  bool called = false;
  CHECK(error_of([&] { pool.run([&] { called = true; }); }) == beat::errc::pool_shutdown);
  CHECK_FALSE(called);
}

TEST_CASE("the calling thread runs the function if a permit is free", "[unit]") {
  beat::ThreadPool pool{2};
  CHECK(pool.run([] { return std::this_thread::get_id(); }) == std::this_thread::get_id());
  CHECK(pool.stats().roots == 1);
  CHECK(pool.stats().submitted == 0);
}

TEST_CASE("without a permit the function waits for a worker", "[unit]") {
  beat::ThreadPool pool{1};
  std::thread::id ran_on;
  auto busy = std::make_unique<occupation>(pool);
  std::atomic<bool> opened{false};
  std::thread opener{[&] {
    std::this_thread::sleep_for(20ms);
    opened = true;
    busy->open();
  }};
  bool const after = pool.run([&] {
    ran_on = std::this_thread::get_id();
    return opened.load();
  });
  opener.join();
  CHECK(after);
  CHECK(pool.stats().submitted == 2);  // the occupation, and the root as a task
}

TEST_CASE("inside of a pool run calls the function at once on the same thread", "[unit]") {
  beat::ThreadPool pool{1};
  bool const same = pool.run([&] {
    auto const outer = std::this_thread::get_id();
    return pool.run([&] { return pool.run([&] { return std::this_thread::get_id() == outer; }); });
  });
  CHECK(same);
  CHECK(pool.submit([&] { return pool.run([] { return 3; }); }).get() == 3);
}

TEST_CASE("pools are entered inside of each other and every fork goes to the innermost", "[unit]") {
  beat::ThreadPool a{1};
  beat::ThreadPool b{1};
  int right = 0;
  a.run([&] {
    beat::detail::lane* const in_a = &beat::here().lane();
    b.run([&] {
      beat::detail::lane* const in_b = &beat::here().lane();
      right += in_b != in_a;
      a.run([&] { right += &beat::here().lane() == in_a; });
      right += &beat::here().lane() == in_b;
    });
    right += &beat::here().lane() == in_a;
  });
  CHECK(right == 4);
  CHECK(&beat::here().lane() == &beat::here().lane());
}

TEST_CASE("after run the thread is outside of the pool again even where the function threw", "[unit]") {
  beat::ThreadPool pool{1};
  beat::detail::lane* const before = &beat::here().lane();
  CHECK_THROWS(pool.run([] { throw 1; }));
  CHECK(&beat::here().lane() == before);
  CHECK(pool.wait_for(0s));  // which a worker of the pool could not say
}

TEST_CASE("many threads run at once and each gets its own result", "[unit]") {
  unsigned const workers = GENERATE(1U, 2U, 4U);
  beat::ThreadPool pool{workers};
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 200; ++i)
        if (pool.run([=] { return t * 1000 + i; }) != t * 1000 + i) ++wrong;
    });
  for (std::thread& t : threads) t.join();
  CHECK(wrong == 0);
}
