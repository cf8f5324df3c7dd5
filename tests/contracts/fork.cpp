// SPDX-License-Identifier: MIT
// fork(2): the parent goes on; in the child its pools give errors, a pool of its own works, and nothing hangs.

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <beat.hpp>
#include <beat/task/coroutine.hpp>
#include <csignal>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "stress/stress.hpp"

namespace {

using namespace stress;

/// Forks, and returns what the child does: the number of the first check that fails there, or 0; -1 where it was
/// killed.
template <class Checks>
int in_child(Checks checks) {
  pid_t const child = ::fork();
  if (child == 0) {
    sigset_t alarms;  // which the thread blocks if it is a worker
    ::sigemptyset(&alarms);
    ::sigaddset(&alarms, SIGALRM);
    ::pthread_sigmask(SIG_UNBLOCK, &alarms, nullptr);
    ::alarm(30);  // kills a child that hangs
    try {
      ::_exit(checks());
    } catch (...) {
      ::_exit(255);
    }
  }
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

template <class F>
bool is_refused(F&& f) {
  try {
    f();
  } catch (beat::error const& e) {
    return e.code() == beat::errc::pool_shutdown;
  } catch (...) {
  }
  return false;
}

beat::task<int> value_of(beat::future<int> awaited) { co_return co_await std::move(awaited); }

long fibonacci(int n) {
  if (n < 2) return n;
  auto const [a, b] = beat::join([n] { return fibonacci(n - 1); }, [n] { return fibonacci(n - 2); });
  return a + b;
}

}  // namespace

TEST_CASE("the child of a fork gets errors from its parent's pool while the parent goes on", "[contract]") {
  watchdog const dog{"a fork"};
  auto pool = std::make_unique<beat::ThreadPool>(2);
  auto ready = pool->submit([] { return 8; });
  ready.wait();
  std::atomic<int> begun{0};
  std::atomic<bool> open{false};
  auto const work = [&] {
    ++begun;
    while (!open) std::this_thread::sleep_for(1ms);
    return 7;
  };
  auto running = pool->submit(work);
  pool->post(work);
  while (begun != 2) std::this_thread::yield();
  std::atomic<int> queued{0};  // while both workers are busy
  pool->post([&] { ++queued; });
  std::optional<beat::task_group> group{*pool};
  group->run([] {});
  beat::promise<int> awaited{*pool};
  auto follows = awaited.get_future().then([](int x) { return x; });
  beat::promise<int> awaited_by_coroutine{*pool};
  std::optional<beat::async_scope> scope{*pool};
  scope->spawn(value_of(awaited_by_coroutine.get_future()));

  CHECK(in_child([&] {
          int check = 0;
          if (++check; !is_refused([&] { static_cast<void>(pool->submit([] {})); })) return check;
          if (++check; !is_refused([&] { pool->post([] {}); })) return check;
          if (++check; pool->try_post([] {})) return check;
          if (++check; !is_refused([&] { pool->run([] {}); })) return check;
          if (++check; !is_refused([&] { beat::parallel_for(*pool, 0, 10, [](int) {}); })) return check;
          if (++check; !is_refused([&] { pool->wait(); })) return check;
          if (++check; !is_refused([&] { static_cast<void>(pool->wait_for(1ms)); })) return check;
          if (++check; !is_refused([&] { running.wait(); })) return check;
          if (++check; !is_refused([&] { static_cast<void>(running.wait_for(1ms)); })) return check;
          if (++check; ready.get() != 8) return check;
          if (++check; !is_refused([&] { group->run([] {}); })) return check;
          if (++check; !is_refused([&] { group->wait(); })) return check;
          if (++check; !is_refused([&] { follows.wait(); })) return check;
          if (++check; follows.request_stop()) return check;
          if (++check; !is_refused([&] { scope->wait(); })) return check;
          if (++check; fibonacci(10) != 55) return check;  // outside of pools, as ever
          if (++check; !is_refused([&] { pool->resize(3); })) return check;
          group.reset();
          scope.reset();
          if (++check; !pool->shutdown_for(0s)) return check;  // nothing here was cancelled
          pool->shutdown();
          pool.reset();
          if (++check; queued != 0) return check;  // it is the parent's
          return 0;
        }) == 0);

  CHECK(pool->run([] { return fibonacci(10); }) == 55);
  open = true;
  CHECK(running.get() == 7);
  group->wait();
  awaited.set_value(9);
  CHECK(follows.get() == 9);
  awaited_by_coroutine.set_value(9);
  scope->wait();
  pool->wait();
  CHECK(queued == 1);
  CHECK(pool->stats().completed == pool->stats().submitted);
}

TEST_CASE("the child of a fork makes a pool of its own, whose child does the same", "[contract]") {
  if (build_kind::has_thread_sanitizer) {
    WARN("not tested: the thread sanitizer takes a thread of the child for one of the parent's");
    return;
  }
  watchdog const dog{"a fork of a fork"};
  beat::ThreadPool pool{2};
  auto inherited = std::make_unique<beat::ThreadPool>(8);
  CHECK(in_child([&] {
          beat::ThreadPool own{16};
          inherited.reset();  // while threads of this process may go by the numbers of the parent's
          if (own.run([] { return fibonacci(15); }) != 610) return 1;
          if (own.submit([] { return 1; }).get() != 1) return 2;
          if (!is_refused([&] { pool.wait(); })) return 3;
          int const grandchild = in_child([&] {
            beat::ThreadPool third{2};
            if (third.submit([] { return 2; }).get() != 2) return 1;
            if (!is_refused([&] { own.wait(); })) return 2;
            return 0;
          });
          return grandchild == 0 ? 0 : 4 + grandchild;
        }) == 0);
  CHECK(pool.run([] { return fibonacci(15); }) == 610);
}

TEST_CASE("a task may fork: its child goes on alone", "[contract]") {
  watchdog const dog{"a fork inside of a task"};
  beat::ThreadPool pool{2};
  auto const fork_inside = [] {
    return in_child([] {
      if (fibonacci(15) != 610) return 1;
      std::vector<int> numbers(1000, 1);
      if (beat::parallel_reduce(beat::here(), numbers, 0) != 1000) return 2;
      return 0;
    });
  };
  CHECK(pool.run(fork_inside) == 0);
  CHECK(pool.submit(fork_inside).get() == 0);
  CHECK(pool.run([] { return fibonacci(15); }) == 610);
}

TEST_CASE("a task that forks may return in the child: what is queued stays with the parent", "[contract]") {
  if (build_kind::has_thread_sanitizer) {
    WARN("not tested: the thread sanitizer knows no thread that ends in another process than it began");
    return;
  }
  watchdog const dog{"a task that forks and returns"};
  void* const shared = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  REQUIRE(shared != MAP_FAILED);
  struct counts {
    std::atomic<int> ran{0}, exited{0};
  };
  auto& [ran, exited] = *::new (shared) counts;
  std::optional<beat::ThreadPool> owned{
      std::in_place, beat::pool_options{.workers = 1, .on_worker_exit = [&count = exited](unsigned) { ++count; }}};
  beat::ThreadPool& pool = *owned;
  std::atomic<pid_t> child{0};
  std::atomic<bool> all_queued{false};
  pool.post([&] {  // on the worker, as this thread does not help
    while (!all_queued) std::this_thread::yield();
    child = ::fork();
  });
  for (int i = 0; i < 5; ++i) pool.post([&count = ran] { ++count; });
  all_queued = true;
  while (child == 0 || pool.stats().completed != 6) std::this_thread::sleep_for(1ms);
  REQUIRE(child > 0);
  pid_t ended = 0;  // by itself, as its last thread returned
  for (auto const limit = clock::now() + 20s; ended == 0 && clock::now() < limit;) {
    ended = ::waitpid(child, nullptr, WNOHANG);
    std::this_thread::sleep_for(1ms);
  }
  CHECK(ended == child);
  if (ended != child) ::kill(child, SIGKILL);
  CHECK(ran == 5);
  CHECK(exited == 0);  // the thread ended in the child, and no worker of the pool
  owned.reset();
  CHECK(exited == 1);
  ::munmap(shared, 4096);
}

TEST_CASE("the end of a pool may run a task that forks: it ends in the child, too", "[contract]") {
  watchdog const dog{"the end of a pool forks"};
  auto const me = std::this_thread::get_id();
  std::optional<pid_t> child;
  for (int round = 0; round < 1000 && !child; ++round) {
    {
      beat::basic_thread_pool<sleepy_policy> pool{1};
      std::this_thread::sleep_for(1ms);  // until its thread sleeps, and takes longer to come than this one
      pool.post([&] {
        if (std::this_thread::get_id() != me) return;
        child = ::fork();
        if (*child == 0) ::alarm(30);
      });
    }
    if (child == 0) ::_exit(0);
  }
  REQUIRE(child > 0);
  int status = 0;
  CHECK(::waitpid(*child, &status, 0) == *child);
  CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0));
}
