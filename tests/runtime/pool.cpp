// SPDX-License-Identifier: MIT
// The pool as an object: how it is made, named and placed, what it counts, and how waiting for it fails.

#include <algorithm>
#include <atomic>
#include <beat.hpp>
#include <chrono>
#include <cstdlib>
#include <mutex>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "catch.hpp"

#if BEAT_HAS_LINUX()
#include <sched.h>

#include <csignal>
#endif

namespace {

using namespace std::chrono_literals;

template <class F>
beat::error caught(F&& f) {
  try {
    f();
  } catch (beat::error const& e) {
    return e;
  }
  return beat::error{beat::errc::not_supported, "nothing was thrown"};
}

/// Calls `f` once on each worker of `pool`, with all of them in it at once.
template <class F>
void on_every_worker(beat::ThreadPool& pool, F f) {
  std::atomic<std::size_t> missing{pool.workers()};
  for (std::size_t i = 0; i < pool.workers(); ++i)
    pool.post([&] {
      --missing;
      while (missing != 0) std::this_thread::yield();
      f();
    });
  while (!pool.wait_for(1s)) {  // wait() would help
  }
}

}  // namespace

TEST_CASE("a pool has as many workers as it was asked for", "[unit]") {
  CHECK(beat::ThreadPool{}.workers() == beat::usable_cpus());
  CHECK(beat::ThreadPool{0}.workers() == beat::usable_cpus());
  CHECK(beat::ThreadPool{3}.workers() == 3);
  CHECK(beat::ThreadPool{beat::pool_options{.workers = 5}}.workers() == 5);
}

TEST_CASE("BEAT_NUM_THREADS sets how many workers a pool has by itself", "[unit]") {
  std::vector<std::string> warnings;
  beat::warning_hook const listen = [&warnings](std::string_view text) { warnings.emplace_back(text); };
  ::setenv("BEAT_NUM_THREADS", "5", 1);
  CHECK(beat::ThreadPool{beat::pool_options{.on_warning = listen}}.workers() == 5);
  CHECK(beat::ThreadPool{}.workers() == 5);
  CHECK(beat::ThreadPool{2}.workers() == 2);
  CHECK(beat::recommended_options(listen).workers == 5);
  CHECK(warnings.empty());
  ::setenv("BEAT_NUM_THREADS", "1025", 1);
  CHECK(beat::ThreadPool{beat::pool_options{.on_warning = listen}}.workers() == beat::usable_cpus());
  CHECK(warnings.size() == 1);
  CHECK(beat::ThreadPool{2}.workers() == 2);
  ::unsetenv("BEAT_NUM_THREADS");
  CHECK(warnings == std::vector<std::string>{"BEAT_NUM_THREADS=1025 is ignored: set it to a number from 1 to 1024, or "
                                             "not at all"});
}

TEST_CASE("the options that suit this machine make a pool", "[unit]") {
  beat::pool_options options = beat::recommended_options();
  CHECK(options.workers == beat::usable_cpus());
  CHECK(options.machine == beat::discover());
  CHECK(beat::ThreadPool{std::move(options)}.run([] { return 42; }) == 42);
}

TEST_CASE("workers are placed where a process has all of a machine of several parts", "[unit]") {
  struct {
    char const* machine;
    unsigned workers;
    beat::placement_policy placement;
  } const table[] = {
      {"core:4", 4, beat::placement_policy::none},
      {"package:2 core:4", 8, beat::placement_policy::scatter},
      {"node:2 core:4", 8, beat::placement_policy::scatter},
      {"l3:2 core:4", 8, beat::placement_policy::scatter},
      {"l3:2 core:4 pu:2", 16, beat::placement_policy::scatter},
      {"l3:2 core:4 pu:2", 8, beat::placement_policy::none},        // a quota, or fewer than there might be
      {"l3:2 core:4 pu:2", 32, beat::placement_policy::none},       // more than have a CPU
      {"l3:2 core:4 usable:0-6", 7, beat::placement_policy::none},  // others use the rest
      {"l3:2 core:2 class:1 core:2", 8, beat::placement_policy::none},
  };
  for (auto const& row : table) {
    INFO(row.machine << ", " << row.workers << " workers");
    beat::topology const machine = beat::topology_from_synthetic(row.machine);
    beat::pool_options const options = beat::recommended_options(machine, row.workers);
    CHECK(options.placement == row.placement);
    CHECK(options.workers == row.workers);
    CHECK(options.machine == machine);
  }
}

TEST_CASE("a pool of more workers than there may be is refused", "[unit]") {
  beat::error const e = caught([] { beat::ThreadPool{1025}; });
  CHECK(e.code() == beat::errc::invalid_argument);
  CHECK(std::string{e.what()}.find("1024") != std::string::npos);
}

TEST_CASE("every worker is a thread of its own and not the caller", "[unit]") {
  beat::ThreadPool pool{4};
  std::mutex lock;
  std::set<std::thread::id> ids;
  on_every_worker(pool, [&] {
    std::lock_guard const held{lock};
    ids.insert(std::this_thread::get_id());
  });
  CHECK(ids.size() == 4);
  CHECK(ids.count(std::this_thread::get_id()) == 0);
}

TEST_CASE("an idle pool is entered by the calling thread itself", "[unit]") {
  beat::ThreadPool pool{2};
  CHECK(pool.run([] { return std::this_thread::get_id(); }) == std::this_thread::get_id());
}

TEST_CASE("threads that enter a pool at once get a worker each", "[unit]") {
  constexpr int count = 4;
  int shared = 0;
  for (int round = 0; round < 100; ++round) {
    beat::ThreadPool pool{count};
    std::atomic<int> ready{0};
    std::atomic<beat::detail::lane*> inside[count]{};
    std::atomic<int> met{0};
    std::vector<std::thread> threads;
    for (auto& mine : inside)
      threads.emplace_back([&] {
        for (++ready; ready < count;) std::this_thread::yield();
        pool.run([&](beat::context where) {
          mine = &where.lane();
          for (auto const& other : inside) met += &other != &mine && other == &where.lane();
          std::this_thread::yield();
          mine = nullptr;
        });
      });
    for (std::thread& t : threads) t.join();
    shared += met;
  }
  CHECK(shared == 0);
}

TEST_CASE("wait and wait_for tell whether tasks are left", "[unit]") {
  beat::ThreadPool pool{1};
  CHECK(pool.wait_for(0ms));
  std::atomic<bool> go{false};
  pool.post([&] { go.wait(false); });
  CHECK_FALSE(pool.wait_for(0ms));
  CHECK_FALSE(pool.wait_for(20ms));
  go = true;
  go.notify_all();
  CHECK(pool.wait_for(60s));
  pool.wait();
  CHECK(pool.stats().completed == 1);
}

TEST_CASE("a task that waits for its own pool gets an error", "[unit]") {
  beat::ThreadPool pool{2};
  auto const code = [&](auto f) { return pool.submit([&] { return caught(f).code(); }).get(); };
  CHECK(code([&] { pool.wait(); }) == beat::errc::self_wait);
  CHECK(code([&] { static_cast<void>(pool.wait_for(1ms)); }) == beat::errc::self_wait);
  CHECK(pool.run([&] { return caught([&] { pool.wait(); }).code(); }) == beat::errc::self_wait);
  CHECK(code([&] { pool.shutdown(); }) == beat::errc::self_wait);
  CHECK(pool.run([&] { return caught([&] { pool.shutdown(); }).code(); }) == beat::errc::self_wait);
  CHECK(pool.submit([] { return 1; }).get() == 1);  // and the pool is still open
}

TEST_CASE("a duration that no clock can hold is a long wait and not an error", "[unit]") {
  beat::ThreadPool pool{1};
  std::atomic<bool> go{false};
  pool.post([&] { go.wait(false); });
  auto result = pool.submit([] { return 1; });
  std::thread opener{[&] {
    std::this_thread::sleep_for(20ms);
    go = true;
    go.notify_all();
  }};
  CHECK(result.wait_for(std::chrono::hours::max()));
  CHECK(pool.wait_for(std::chrono::nanoseconds::max()));
  CHECK(pool.wait_for(std::chrono::duration<double>{1e300}));
  CHECK(pool.wait_for(std::chrono::years::max()));
  opener.join();
}

TEST_CASE("a shutdown waits for what other threads run in the pool and for what that posts", "[unit]") {
  beat::ThreadPool pool{2};
  std::atomic<bool> begun{false};
  std::atomic<bool> closed{false};
  std::atomic<bool> posted{false};
  std::thread visitor{[&] {
    pool.run([&] {
      begun = true;
      closed.wait(false);
      std::this_thread::sleep_for(20ms);
      pool.post([&] { posted = true; });
    });
  }};
  while (!begun) std::this_thread::yield();
  std::thread closer{[&] {
    while (pool.try_post([] {})) std::this_thread::yield();
    closed = true;
    closed.notify_all();
  }};
  pool.shutdown();
  CHECK(posted);
  closer.join();
  visitor.join();
  beat::pool_stats const stats = pool.stats();
  CHECK(stats.roots == 1);
  CHECK(stats.submitted == stats.completed);
}

TEST_CASE("a pool stands still only where nothing moved for long enough", "[unit]") {
  struct impatient_policy {
    static constexpr beat::scheduler_tuning tuning() noexcept { return {.stuck = 1'000'000}; }
  };
  beat::basic_thread_pool<impatient_policy> pool{1};
  beat::detail::scheduler& s = scheduler_of(pool);
  auto const sleep = [](std::int64_t limit) { std::this_thread::sleep_for(std::chrono::nanoseconds{limit}); };
  bool stood_still = true;  // woken early, but this thread may be held up in between
  for (int i = 0; i < 100 && stood_still; ++i) stood_still = stands_still(s, [](std::int64_t) {});
  CHECK_FALSE(stood_still);
  CHECK(stands_still(s, sleep));
  CHECK_FALSE(stands_still(s, [&](std::int64_t limit) {
    sleep(limit);
    pool.run([] {});
  }));
}

TEST_CASE("a pool that was shut down says so and can be shut down again", "[unit]") {
  beat::ThreadPool pool{2};
  pool.shutdown();
  pool.shutdown(beat::shutdown_mode::stop);
  pool.wait();
  CHECK(caught([&] { pool.post([] {}); }).code() == beat::errc::pool_shutdown);
  CHECK(caught([&] { static_cast<void>(pool.submit([] {})); }).code() == beat::errc::pool_shutdown);
  CHECK(caught([&] { pool.run([] {}); }).code() == beat::errc::pool_shutdown);
  CHECK(caught([&] { beat::parallel_for(pool, 0, 10, [](int) {}); }).code() == beat::errc::pool_shutdown);
  CHECK(pool.try_post([] {}).error() == beat::errc::pool_shutdown);
}

TEST_CASE("what a pool did is counted and nothing is lost", "[unit]") {
  beat::pool_options options{.workers = 2};
  std::atomic<int> handled{0};
  options.on_exception = [&](std::exception_ptr) { ++handled; };
  beat::ThreadPool pool{std::move(options)};
  std::stop_source stop;
  stop.request_stop();
  for (int i = 0; i < 100; ++i) pool.post([] {});
  for (int i = 0; i < 10; ++i) pool.post([] { throw 1; });
  for (int i = 0; i < 5; ++i) pool.post([] {}, {.stop = stop.get_token()});
  pool.wait();
  beat::pool_stats const before = pool.stats();
  CHECK(before.submitted == 115);
  CHECK(before.completed == 100);
  CHECK(before.failed == 10);
  CHECK(before.cancelled == 5);
  CHECK(handled == 10);
  pool.run([] {});
  CHECK((pool.stats() - before).roots == 1);
  CHECK((pool.stats() - before).submitted == 0);
  std::ostringstream text;
  text << before;
  CHECK(text.str().rfind("submitted 115, completed 100, failed 10, cancelled 5, roots 0", 0) == 0);
}

TEST_CASE("a pool says what everybody does", "[unit]") {
  beat::ThreadPool pool{{.workers = 2, .name = "talker"}};
  std::ostringstream busy;
  pool.run([&] { pool.describe(busy); });
  INFO(busy.str());
  CHECK(busy.str().starts_with("pool talker: 1 tasks and roots admitted, 0 reported as finished, none in the inbox; "));
  CHECK(busy.str().find("permits 2, active 1") != std::string::npos);
  CHECK(busy.str().find("worker 2, a guest, busy: 0 calls forked, the first 0 public, 0 taken") != std::string::npos);
  pool.shutdown();
  std::ostringstream idle;
  pool.describe(idle);
  INFO(idle.str());
  CHECK(idle.str().starts_with("pool talker, closed: 1 tasks and roots admitted, 1 reported as finished"));
  CHECK(idle.str().find("worker 2, free, idle") != std::string::npos);
}

TEST_CASE("a policy brings numbers of its own", "[unit]") {
  struct small_policy {
    static constexpr beat::scheduler_tuning tuning() noexcept {
      return {.fork_capacity = 2, .deque_capacity = 1, .inbox_interval = 1};
    }
  };
  beat::basic_thread_pool<small_policy> pool{2};
  std::atomic<int> ran{0};
  pool.post([&] {
    for (int i = 0; i < 1000; ++i) pool.post([&] { ++ran; });
  });
  pool.wait();
  CHECK(ran == 1000);
}

#if BEAT_HAS_LINUX()

namespace {

unsigned cpus_of_this_thread() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return 0;
  return static_cast<unsigned>(CPU_COUNT(&set));
}

}  // namespace

TEST_CASE("workers are named after their pool", "[unit]") {
  std::mutex lock;
  std::set<std::string> names;
  auto const collect = [&] {
    std::lock_guard const held{lock};
    names.insert(beat::this_thread_name());
  };
  {
    beat::ThreadPool pool{beat::pool_options{.workers = 3, .name = "loader"}};
    on_every_worker(pool, collect);
  }
  CHECK(names == std::set<std::string>{"loader-0", "loader-1", "loader-2"});
  names.clear();
  {
    beat::ThreadPool pool{beat::pool_options{.workers = 2, .name = "a-name-that-is-too-long"}};
    on_every_worker(pool, collect);
  }
  CHECK(names == std::set<std::string>{"a-name-that-i-0", "a-name-that-i-1"});
}

TEST_CASE("workers stay where they were placed", "[unit]") {
  unsigned const usable = cpus_of_this_thread();
  std::atomic<unsigned> widest{0};
  std::atomic<unsigned> narrowest{~0U};
  auto const measure = [&] {
    unsigned const cpus = cpus_of_this_thread();
    for (unsigned seen = widest; seen < cpus && !widest.compare_exchange_weak(seen, cpus);) {
    }
    for (unsigned seen = narrowest; seen > cpus && !narrowest.compare_exchange_weak(seen, cpus);) {
    }
  };
  auto const policy = GENERATE(beat::placement_policy::compact, beat::placement_policy::scatter);
  beat::ThreadPool placed{beat::pool_options{.workers = 2, .placement = policy}};
  on_every_worker(placed, measure);
  CHECK(widest == 1);
  beat::ThreadPool unbound{2};
  on_every_worker(unbound, measure);
  CHECK(widest == usable);
  CHECK(narrowest == 1);
  CHECK(cpus_of_this_thread() == usable);
}

TEST_CASE("signals go to the threads of the user", "[unit]") {
  beat::ThreadPool pool{1};
  sigset_t blocked;
  pool.submit([&] { ::pthread_sigmask(SIG_SETMASK, nullptr, &blocked); }).wait();
  pool.wait();
  sigset_t mine;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &mine);
  CHECK(::sigismember(&mine, SIGTERM) == 0);
  std::atomic<int> on_worker{-1};
  pool.post([&] {
    sigset_t set;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &set);
    on_worker = ::sigismember(&set, SIGTERM) + 2 * ::sigismember(&set, SIGSEGV);
  });
  while (!pool.wait_for(10ms)) {
  }
  CHECK(on_worker == 1);  // a fault is the business of the thread that causes it
}

#endif
