// SPDX-License-Identifier: MIT
// Resize: how many threads run tasks at once before, while and after it changes, and that no task is lost meanwhile.

#include <atomic>
#include <beat.hpp>
#include <chrono>
#include <functional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "build_kind.hpp"
#include "catch.hpp"
#include "machine_of.hpp"

namespace {

using namespace std::chrono_literals;

beat::error error_of_resize(beat::ThreadPool& pool, unsigned workers) {
  try {
    pool.resize(workers);
  } catch (beat::error const& e) {
    return e;
  }
  return beat::error{beat::errc::not_supported, "nothing was thrown"};
}

/// Not for ever: false is a failure, not a slow machine.
bool comes_true(std::function<bool()> const& holds) {
  for (auto const limit = std::chrono::steady_clock::now() + 30s; !holds();) {
    if (std::chrono::steady_clock::now() > limit) return false;
    std::this_thread::yield();
  }
  return true;
}

/// Tasks that end only where so many of them run at once.
bool run_at_once(beat::ThreadPool& pool, int count) {
  std::atomic<int> inside{0};
  std::atomic<int> in_time{0};
  for (int i = 0; i < count; ++i)
    pool.post([&] {
      ++inside;
      in_time += comes_true([&] { return inside == count; });
    });
  while (!pool.wait_for(1s)) {  // wait() would help
  }
  return in_time == count;
}

/// How many of many tasks are inside at once.
int most_at_once(beat::ThreadPool& pool) {
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  for (int i = 0; i < 200; ++i)
    pool.post([&] {
      int const now = ++inside;
      for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
      }
      std::this_thread::yield();
      --inside;
    });
  while (!pool.wait_for(1s)) {
  }
  return most;
}

}  // namespace

TEST_CASE("a pool grows and shrinks", "[unit]") {
  beat::ThreadPool pool{2};
  for (unsigned const workers : {5U, 1U, 3U, 3U, 2U}) {
    pool.resize(workers);
    CHECK(pool.workers() == workers);
    CHECK(pool.run([] { return beat::here().lane().concurrency(); }) == workers);
    CHECK(run_at_once(pool, static_cast<int>(workers)));
    CHECK(most_at_once(pool) <= static_cast<int>(workers));
  }
}

TEST_CASE("a pool can't have no worker, nor more than there may be", "[unit]") {
  beat::ThreadPool pool{2};
  beat::error const none = error_of_resize(pool, 0);
  CHECK(none.code() == beat::errc::invalid_argument);
  CHECK(std::string{none.what()}.find("1 or more") != std::string::npos);
  beat::error const too_many = error_of_resize(pool, 1025);
  CHECK(too_many.code() == beat::errc::invalid_argument);
  CHECK(std::string{too_many.what()}.find("at most 1024") != std::string::npos);
  CHECK(pool.workers() == 2);
}

TEST_CASE("a pool grows while tasks are queued for want of workers", "[unit]") {
  beat::ThreadPool pool{1};
  std::atomic<bool> begun{false}, open{false};
  pool.post([&] {
    begun = true;
    comes_true([&] { return open.load(); });
  });
  REQUIRE(comes_true([&] { return begun.load(); }));
  std::atomic<bool> ran{false};
  pool.post([&] { ran = true; });
  std::this_thread::sleep_for(5ms);  // its only thread is busy, and whoever was awake sleeps
  CHECK_FALSE(ran);
  pool.resize(2);
  CHECK(comes_true([&] { return ran.load(); }));
  open = true;
  pool.wait();
}

TEST_CASE("a pool that grows uses the threads that went to sleep when it shrank", "[unit]") {
  beat::ThreadPool pool{4};
  pool.resize(1);
  CHECK(most_at_once(pool) == 1);
  pool.resize(4);
  CHECK(run_at_once(pool, 4));
  std::ostringstream text;
  pool.describe(text);
  CHECK(text.str().find("; 4 threads, 4 not blocked") != std::string::npos);
}

TEST_CASE("tasks that run while a pool shrinks end, and then fewer begin", "[unit]") {
  beat::ThreadPool pool{4};
  std::atomic<int> begun{0};
  std::atomic<bool> open{false};
  for (int i = 0; i < 4; ++i)
    pool.post([&] {
      ++begun;
      comes_true([&] { return open.load(); });
    });
  REQUIRE(comes_true([&] { return begun == 4; }));
  std::atomic<int> inside{0}, most{0}, ran{0};
  for (int i = 0; i < 100; ++i)
    pool.post([&] {
      comes_true([&] { return open.load(); });
      int const now = ++inside;
      for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
      }
      std::this_thread::sleep_for(10us);
      --inside;
      ++ran;
    });
  pool.resize(2);
  CHECK(pool.workers() == 2);
  open = true;
  while (!pool.wait_for(1s)) {
  }
  CHECK(ran == 100);
  CHECK(most <= 2);
}

TEST_CASE("a task may resize its pool", "[unit]") {
  beat::ThreadPool pool{1};
  pool.submit([&] { pool.resize(3); }).get();
  CHECK(run_at_once(pool, 3));
  pool.submit([&] { pool.resize(1); }).get();
  pool.run([&] { pool.resize(2); });
  CHECK(pool.workers() == 2);
  CHECK(run_at_once(pool, 2));
}

TEST_CASE("tasks that block do not keep a pool from growing", "[unit]") {
  beat::ThreadPool pool{2};
  std::atomic<bool> open{false};
  std::atomic<int> blocked{0};
  for (int i = 0; i < 3; ++i)
    pool.post([&] {
      beat::blocking([&] {
        ++blocked;
        comes_true([&] { return open.load(); });
      });
    });
  REQUIRE(comes_true([&] { return blocked == 3; }));
  pool.resize(4);
  std::atomic<int> inside{0};
  for (int i = 0; i < 4; ++i)
    pool.post([&] {
      ++inside;
      comes_true([&] { return open.load(); });
    });
  CHECK(comes_true([&] { return inside == 4; }));
  open = true;
  pool.wait();
}

TEST_CASE("a pool with a placement grows, and rebind places all of its workers", "[unit]") {
  beat::ThreadPool pool{{.workers = 1,
                         .placement = beat::placement_policy::compact,
                         .machine = machine_of({beat::this_thread_affinity()})}};
  pool.run([] {});  // a guest comes first
  pool.resize(3);
  CHECK(run_at_once(pool, 3));
  CHECK(pool.rebind(beat::placement_policy::compact).size() == 3);
  CHECK(run_at_once(pool, 3));
  pool.resize(2);
  CHECK(pool.rebind(beat::placement_policy::none).size() == 2);
  CHECK(run_at_once(pool, 2));
}

TEST_CASE("each task runs once while several threads resize a pool under load", "[unit]") {
  int const rounds = build_kind::is_thorough ? 400 : 40;
  std::vector<std::atomic<int>> ledger(20'000);
  beat::ThreadPool pool{2};
  std::atomic<bool> enough{false};
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 3; ++t)
    threads.emplace_back([&, t] {
      for (unsigned i = 0; i < static_cast<unsigned>(rounds); ++i) pool.resize(1 + (5 * i + t) % 7);
      enough = true;
    });
  std::size_t queued = 0;
  while (queued < ledger.size() && !(enough && queued > 2000)) {
    pool.post([&, i = queued] {
      ++ledger[i];
      if (i % 50 == 0) beat::blocking([] { std::this_thread::yield(); });
    });
    if (++queued % 100 == 0) beat::parallel_for(pool, 0, 50, [](int) { std::this_thread::yield(); });
  }
  for (std::thread& t : threads) t.join();
  pool.wait();
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < queued; ++i) wrong += ledger[i] != 1;
  CHECK(wrong == 0);
  pool.resize(3);
  CHECK(run_at_once(pool, 3));
  CHECK(most_at_once(pool) <= 3);
}

TEST_CASE("no task is left alone where a pool grows just as it is queued", "[unit]") {
  int const rounds = build_kind::is_sanitized ? 100 : 2000;
  beat::ThreadPool pool{1};
  for (int i = 0; i < rounds; ++i) {
    pool.resize(1);
    std::atomic<bool> begun{false}, ran{false};
    pool.post([&] {  // ends only once the other one ran: so a second thread has to
      begun = true;
      comes_true([&] { return ran.load(); });
    });
    while (!begun) std::this_thread::yield();
    std::thread grower{[&] { pool.resize(2); }};
    pool.post([&] { ran = true; });
    grower.join();
    while (!pool.wait_for(1s)) {
    }
    REQUIRE(ran);
  }
}
