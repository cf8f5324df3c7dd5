// SPDX-License-Identifier: MIT
#include <array>
#include <atomic>
#include <beat.hpp>
#include <chrono>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <system_error>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "support.hpp"

namespace {

using namespace task_test;

long fibonacci(beat::ThreadPool& pool, int n) {
  if (n < 2) return n;
  auto left = pool.submit([&pool, n] { return fibonacci(pool, n - 1); });
  long const right = fibonacci(pool, n - 2);
  return left.get() + right;
}

int chain(beat::ThreadPool& pool, int n) {
  if (n == 0) return 0;
  return 1 + pool.submit([&pool, n] { return chain(pool, n - 1); }).get();
}

static_assert(std::is_same_v<beat::future<int>::result_type, int>);
static_assert(std::is_same_v<beat::future<int&>::result_type, int&>);
static_assert(!std::is_copy_constructible_v<beat::future<int>> && !std::is_copy_assignable_v<beat::future<int>>);
static_assert(std::is_nothrow_move_constructible_v<beat::future<int>>);
static_assert(std::is_nothrow_move_assignable_v<beat::future<int>>);

}  // namespace

TEST_CASE("a future returns what its task returned whatever the type", "[unit]") {
  unsigned const workers = GENERATE(1U, 2U, 4U);
  beat::ThreadPool pool{workers};
  int target = 0;
  CHECK(pool.submit([] { return 42; }).get() == 42);
  CHECK(pool.submit([] { return std::string(1000, 'x'); }).get() == std::string(1000, 'x'));
  CHECK(*pool.submit([] { return std::make_unique<int>(6); }).get() == 6);
  CHECK(&pool.submit([&]() -> int& { return target; }).get() == &target);
  CHECK(&pool.submit([&]() -> int const& { return target; }).get() == &target);
  CHECK(pool.submit([&] { return &target; }).get() == &target);
  pool.submit([&] { target = 5; }).get();
  CHECK(target == 5);
  CHECK(pool.submit([] { return std::array<int, 1000>{1, 2, 3}; }).get() == std::array<int, 1000>{1, 2, 3});
  struct alignas(128) aligned {
    int value;
  };
  CHECK(pool.submit([] { return aligned{3}; }).get().value == 3);
  CHECK(pool.submit([] { return counted{8}; }).get().value == 8);
  CHECK(counted::live == 0);
}

TEST_CASE("what a submitted task throws arrives in get", "[unit]") {
  unsigned const workers = GENERATE(1U, 2U, 4U);
  beat::ThreadPool pool{workers};
  auto const thrown_by = [&](auto task) {
    auto result = pool.submit(task);
    result.wait();  // does not throw
    try {
      static_cast<void>(result.get());
    } catch (counted const& e) {
      return e.value;
    } catch (std::runtime_error const& e) {
      return std::stoi(e.what());
    }
    return 0;
  };
  CHECK(thrown_by([]() -> int { throw counted{3}; }) == 3);
  CHECK(thrown_by([] { throw counted{4}; }) == 4);
  CHECK(thrown_by([]() -> std::string& { throw std::runtime_error{"5"}; }) == 5);
  pool.wait();
  CHECK(counted::live == 0);
}

TEST_CASE("a future is empty by default and after get and after a move", "[unit]") {
  beat::ThreadPool pool{1};
  auto const is_empty = [](beat::future<int>& f) {
    return !f.valid() && error_of([&] { static_cast<void>(f.is_ready()); }) == beat::errc::no_state &&
           error_of([&] { f.wait(); }) == beat::errc::no_state &&
           error_of([&] { static_cast<void>(f.wait_for(1ms)); }) == beat::errc::no_state &&
           error_of([&] { static_cast<void>(f.get()); }) == beat::errc::no_state;
  };
  beat::future<int> by_default;
  CHECK(is_empty(by_default));

  auto used = pool.submit([] { return 1; });
  CHECK(used.valid());
  CHECK(used.get() == 1);
  CHECK(is_empty(used));

  auto failed = pool.submit([]() -> int { throw 2; });
  CHECK_THROWS_AS(failed.get(), int);
  CHECK(is_empty(failed));

  auto source = pool.submit([] { return 3; });
  beat::future<int> moved{std::move(source)};
  CHECK(is_empty(source));
  CHECK(moved.valid());
  by_default = std::move(moved);
  CHECK(is_empty(moved));
  CHECK(by_default.get() == 3);
  CHECK(is_empty(by_default));
}

TEST_CASE("futures can be moved and swapped", "[unit]") {
  std::atomic<int> calls{0};
  {
    beat::ThreadPool pool{2};
    auto a = pool.submit([] { return counted{1}; });
    auto b = pool.submit([] { return counted{2}; });
    a.swap(b);
    std::swap(a, b);
    a.swap(b);
    CHECK(a.get().value == 2);
    CHECK(b.get().value == 1);

    auto target = pool.submit([&] {
      ++calls;
      return counted{3};
    });
    target = pool.submit([] { return counted{4}; });  // the first task is left alone
    auto& same = target;
    target = std::move(same);
    CHECK(target.get().value == 4);

    beat::future<counted> empty;
    auto full = pool.submit([] { return counted{5}; });
    empty.swap(full);
    CHECK_FALSE(full.valid());
    CHECK(empty.get().value == 5);
  }
  CHECK(calls == 1);
  CHECK(counted::live == 0);
}

TEST_CASE("wait can be repeated and leaves the result where it is", "[unit]") {
  unsigned const workers = GENERATE(1U, 2U);
  beat::ThreadPool pool{workers};
  std::atomic<int> calls{0};
  auto const result = std::make_unique<beat::future<counted>>(pool.submit([&] {
    ++calls;
    return counted{7};
  }));
  result->wait();
  result->wait();
  CHECK(result->is_ready());
  CHECK(result->wait_for(0s));
  pool.wait();
  CHECK(counted::live == 1);
  CHECK(result->get().value == 7);
  CHECK(calls == 1);
  CHECK(counted::live == 0);
}

TEST_CASE("inside of a task a wait runs the awaited task and nothing else", "[unit]") {
  beat::ThreadPool pool{1};
  std::mutex mutex;
  bool other_ran_before = true;
  bool same_thread = false;
  int sum = 0;
  pool.run([&] {
    bool other_ran = false;
    auto older = pool.submit([&] { return 1; });
    auto other = pool.submit([&] {
      std::lock_guard const lock{mutex};
      other_ran = true;
      return 10;
    });
    auto awaited = pool.submit([&, me = std::this_thread::get_id()] {
      same_thread = std::this_thread::get_id() == me;
      return 100;
    });
    auto younger = pool.submit([&] {
      std::lock_guard const lock{mutex};
      return 1'000;
    });
    {
      std::lock_guard const lock{mutex};  // held across the wait
      sum += awaited.get();
      other_ran_before = other_ran;
    }
    sum += older.get() + younger.get() + other.get();
  });
  CHECK(same_thread);
  CHECK_FALSE(other_ran_before);
  CHECK(sum == 1'111);
}

TEST_CASE("a waiting thread runs the task itself where the only worker is blocked", "[unit]") {
  unsigned const workers = GENERATE(1U, 2U);
  impatient_pool pool{workers};
  occupation busy{pool};
  auto result = pool.submit([] { return std::this_thread::get_id(); });
  CHECK(result.get() == std::this_thread::get_id());
}

TEST_CASE("a thread may hold a lock that the worker wants while it waits for a task", "[unit]") {
  beat::ThreadPool pool{1};
  std::mutex mutex;
  std::atomic<bool> begun{false};
  std::unique_lock lock{mutex};
  auto blocked = pool.submit([&] {
    begun = true;
    std::lock_guard const inner{mutex};
    return 1;
  });
  bool const blocks = wait_for(begun);
  auto result = pool.submit([] { return 2; });
  int const found = result.get();
  lock.unlock();
  CHECK(blocks);
  CHECK(found == 2);
  CHECK(blocked.get() == 1);
}

TEST_CASE("wait_for gives up in time and does not run the task", "[unit]") {
  unsigned const workers = GENERATE(1U, 2U);
  impatient_pool pool{workers};
  occupation busy{pool};
  std::atomic<bool> ran{false};
  auto result = pool.submit([&] {
    ran = true;
    return 1;
  });
  auto const start = std::chrono::steady_clock::now();
  bool const ready = result.wait_for(20ms);
  auto const elapsed = std::chrono::steady_clock::now() - start;
  bool const early = ran;
  bool const in_no_time = result.wait_for(0ns) || result.wait_for(-1h);
  CHECK_FALSE(ready);
  CHECK_FALSE(early);
  CHECK_FALSE(in_no_time);
  CHECK_FALSE(result.is_ready());
  CHECK(elapsed >= 20ms);
  CHECK(elapsed < 10s);

  busy.open();
  CHECK(result.wait_for(20s));
  CHECK(result.is_ready());
  CHECK(ran);
  CHECK(result.get() == 1);
}

TEST_CASE("wait_for inside of the only worker lets another thread run the task", "[unit]") {
  beat::ThreadPool pool{1};
  auto waits = pool.submit([&] {
    auto inner = pool.submit([] { return std::this_thread::get_id(); });
    bool const ready = inner.wait_for(20s);
    return ready && inner.get() != std::this_thread::get_id();
  });
  while (!waits.is_ready()) std::this_thread::yield();  // so that a worker runs it, and not this thread
  CHECK(waits.get());
}

TEST_CASE("tasks that poll with short waits let others run what they poll for", "[unit]") {
  beat::ThreadPool pool{1};
  beat::ThreadPool other{3};
  std::atomic<int> polling{0};
  auto const poll = [&] {
    ++polling;
    auto const all_poll = other.submit([&] {  // by blocking once each lets the next one begin
      while (polling != 3) std::this_thread::sleep_for(100us);
    });
    if (!all_poll.wait_for(20s)) return false;
    auto const inner = pool.submit([] {});
    auto const limit = std::chrono::steady_clock::now() + 20s;
    while (!inner.wait_for(20us))
      if (std::chrono::steady_clock::now() > limit) return false;
    return true;
  };
  std::vector<beat::future<bool>> ready;
  for (int i = 0; i < 3; ++i) ready.push_back(pool.submit(poll));
  for (auto& r : ready) {
    CHECK(r.wait_for(60s));  // does not run it here
    CHECK(r.get());
  }
}

TEST_CASE("the place of a worker that waits is taken by another thread", "[unit]") {
  beat::ThreadPool waiting{1};
  beat::ThreadPool awaited{1};
  std::atomic<bool> begun{false};
  std::atomic<bool> flag{false};
  auto condition = awaited.submit([&] {
    begun = true;
    return wait_for(flag);
  });
  auto result = waiting.submit([&] {
    wait_for(begun);
    waiting.post([&] { flag = true; });
    return condition.get();  // only ends once the task that was just posted has run
  });
  CHECK(result.get());
}

TEST_CASE("is_ready says without waiting whether the task has ended", "[unit]") {
  beat::ThreadPool pool{1};
  occupation busy{pool};
  auto result = pool.submit([] { return 1; });
  CHECK_FALSE(result.is_ready());
  busy.open();
  for (auto const limit = std::chrono::steady_clock::now() + 20s; !result.is_ready();) {
    if (std::chrono::steady_clock::now() > limit) break;
    std::this_thread::yield();
  }
  CHECK(result.is_ready());
  CHECK(result.get() == 1);
}

TEST_CASE("the task of a dropped future runs and its result is dropped", "[unit]") {
  unsigned const workers = GENERATE(1U, 2U, 4U);
  std::atomic<int> calls{0};
  {
    beat::ThreadPool pool{workers};
    for (int i = 0; i < 100; ++i) {
      static_cast<void>(pool.submit([&, content = counted{1}] {
        ++calls;
        return content;
      }));
      static_cast<void>(pool.submit([&, content = counted{1}] {
        ++calls;
        throw content;
      }));
    }
  }
  CHECK(calls == 200);
  CHECK(counted::live == 0);
}

TEST_CASE("a task that waits for its own future gets an error and not a hang", "[unit]") {
  unsigned const workers = GENERATE(1U, 2U, 4U);
  beat::ThreadPool pool{workers};
  std::atomic<bool> known{false};
  beat::future<int> self;
  std::vector<std::error_code> errors;
  bool still_valid = false;
  self = pool.submit([&] {
    wait_for(known);
    auto const attempt = [&] {
      errors.push_back(error_of([&] { self.wait(); }));
      errors.push_back(error_of([&] { static_cast<void>(self.wait_for(1h)); }));
      errors.push_back(error_of([&] { static_cast<void>(self.get()); }));
    };
    attempt();
    pool.run(attempt);
    still_valid = self.valid() && !self.is_ready();
    return 5;
  });
  known = true;
  CHECK(self.get() == 5);
  CHECK(errors == std::vector<std::error_code>(6, beat::errc::self_wait));
  CHECK(still_valid);
}

TEST_CASE("a task whose stop token is in time is cancelled", "[unit]") {
  unsigned const workers = GENERATE(1U, 2U, 4U);
  bool const awaited = GENERATE(false, true);  // claimed by this thread, or by a worker
  impatient_pool pool{workers};
  std::stop_source stop;
  auto const content = std::make_shared<int>(1);
  std::atomic<int> calls{0};
  std::vector<beat::future<int>> futures;
  {
    occupation busy{pool};
    for (int i = 0; i < 10; ++i)
      futures.push_back(pool.submit([&calls, content] { return ++calls; }, {.stop = stop.get_token()}));
    stop.request_stop();
    if (awaited)
      for (auto& f : futures) f.wait();
  }
  futures.push_back(pool.submit([&calls, content] { return ++calls; }, {.stop = stop.get_token()}));
  if (!awaited) pool.wait();
  std::vector<std::error_code> errors;
  for (auto& f : futures) {
    f.wait();
    errors.push_back(error_of([&] { static_cast<void>(f.get()); }));
  }
  CHECK(errors == std::vector<std::error_code>(11, beat::errc::cancelled));
  CHECK(calls == 0);
  CHECK(content.use_count() == 1);
  pool.wait();
  CHECK(pool.stats().cancelled == 11);
}

TEST_CASE("a stop token has no effect on a task that has begun", "[unit]") {
  beat::ThreadPool pool{2};
  std::stop_source stop;
  std::atomic<bool> begun{false};
  std::atomic<bool> open{false};
  auto running = pool.submit(
      [&] {
        begun = true;
        wait_for(open);
        return 1;
      },
      {.stop = stop.get_token()});
  auto ended = pool.submit([] { return 2; }, {.stop = stop.get_token()});
  wait_for(begun);
  ended.wait();
  stop.request_stop();
  open = true;
  CHECK(running.get() == 1);
  CHECK(ended.get() == 2);
  CHECK(pool.submit([] { return 3; }, {.stop = std::stop_source{}.get_token()}).get() == 3);
}

TEST_CASE("shutdown with stop settles the futures of queued tasks as cancelled", "[unit]") {
  unsigned const workers = GENERATE(1U, 2U, 4U);
  beat::ThreadPool pool{workers};
  auto const content = std::make_shared<int>(1);
  std::atomic<bool> begun{false};
  std::atomic<bool> open{false};
  std::atomic<int> calls{0};
  auto running = pool.submit([&] {
    begun = true;
    wait_for(open);
    return 1;
  });
  wait_for(begun);
  std::vector<beat::future<int>> futures;
  {
    std::vector<std::unique_ptr<std::atomic<bool>>> flags;
    for (unsigned i = 1; i < workers; ++i) {
      flags.push_back(std::make_unique<std::atomic<bool>>(false));
      pool.post([&open, flag = flags.back().get()] {
        *flag = true;
        wait_for(open);
      });
    }
    for (auto const& flag : flags) wait_for(*flag);
  }
  for (int i = 0; i < 100; ++i) futures.push_back(pool.submit([&calls, content] { return ++calls; }));
  std::thread closer{[&] { pool.shutdown(beat::shutdown_mode::stop); }};
  while (pool.try_post([] {}).has_value()) std::this_thread::yield();  // until it is closed
  open = true;
  closer.join();

  bool all_ready = true;
  for (auto& f : futures) all_ready = all_ready && f.is_ready();
  std::vector<std::error_code> errors;
  for (auto& f : futures) errors.push_back(error_of([&] { static_cast<void>(f.get()); }));
  CHECK(all_ready);
  CHECK(errors == std::vector<std::error_code>(100, beat::errc::cancelled));
  CHECK(calls == 0);
  CHECK(content.use_count() == 1);
  CHECK(running.get() == 1);
}

TEST_CASE("a callable is destroyed with its task and not with its future", "[unit]") {
  unsigned const workers = GENERATE(1U, 2U);
  bool const throws = GENERATE(false, true);
  auto const content = std::make_shared<int>(1);
  beat::future<counted> result;
  {
    beat::ThreadPool pool{workers};
    result = pool.submit([content, throws] {
      if (throws) throw counted{2};
      return counted{1};
    });
    result.wait();
    CHECK(content.use_count() == 1);
  }
  CHECK(counted::live == 1);  // the result lives on in the future
  result = {};
  CHECK(counted::live == 0);
}

TEST_CASE("a future outlives its pool and keeps the result", "[unit]") {
  beat::future<counted> result;
  beat::future<counted> dropped;
  beat::future<void> failed;
  {
    beat::ThreadPool pool{2};
    result = pool.submit([] { return counted{4}; });
    dropped = pool.submit([] { return counted{5}; });
    failed = pool.submit([] { throw counted{6}; });
  }
  CHECK(counted::live == 3);
  CHECK(result.is_ready());
  CHECK(result.wait_for(1h));
  CHECK(result.get().value == 4);
  CHECK_THROWS_AS(failed.get(), counted);
  dropped = {};
  CHECK(counted::live == 0);
}

TEST_CASE("a future may be used by another thread than the one that submitted", "[unit]") {
  unsigned const workers = GENERATE(1U, 2U, 4U);
  beat::ThreadPool pool{workers};
  std::array<long, 4> sums{};
  std::array<std::vector<beat::future<long>>, 4> futures;
  for (std::size_t from = 0; from < 4; ++from)
    for (long i = 0; i < 250; ++i)
      futures[from].push_back(pool.submit([i, from] { return i * static_cast<long>(from); }));
  std::vector<std::thread> threads;
  for (std::size_t to = 0; to < 4; ++to) {
    threads.emplace_back([&sum = sums[to], mine = std::move(futures[to])]() mutable {
      for (std::size_t i = mine.size(); i-- > 0;) sum += mine[i].get();
    });
  }
  for (std::thread& t : threads) t.join();
  CHECK(sums == std::array<long, 4>{0, 31'125, 62'250, 93'375});
}

TEST_CASE("several threads may wait for one task", "[unit]") {
  beat::ThreadPool pool{1};
  std::atomic<bool> begun{false};
  std::atomic<bool> open{false};
  auto result = pool.submit([&] {
    begun = true;
    wait_for(open);
    return 3;
  });
  wait_for(begun);
  std::atomic<int> returned{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      if (i % 2 == 0) {
        result.wait();
        ++returned;
      } else if (result.wait_for(20s)) {
        ++returned;
      }
    });
  }
  std::this_thread::sleep_for(1ms);
  int const early = returned;
  open = true;
  for (std::thread& t : threads) t.join();
  CHECK(early == 0);
  CHECK(returned == 4);
  CHECK(result.get() == 3);
}

TEST_CASE("tasks may wait for the tasks that they submit", "[unit]") {
  unsigned const workers = GENERATE(1U, 2U, 4U);
  beat::ThreadPool pool{workers};
  CHECK(fibonacci(pool, 12) == 144);  // from outside, where the waiting thread lends itself
  CHECK(pool.run([&] { return fibonacci(pool, 15); }) == 610);
  CHECK(pool.submit([&] { return chain(pool, 200); }).get() == 200);
}

TEST_CASE("every wait for a short task returns", "[unit]") {
  unsigned const workers = GENERATE(1U, 2U, 4U);
  beat::ThreadPool pool{workers};
  long sum = 0;
  for (int i = 0; i < 2'000; ++i) {
    auto result = pool.submit([i] { return i; });
    for (int volatile j = 0; j < i;) j = j + 1;  // so that the worker and this thread meet at all points
    sum += result.get();
  }
  CHECK(sum == 1'999'000);
}
