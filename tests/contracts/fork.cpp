// SPDX-License-Identifier: MIT
// fork(2): the parent goes on; in the child its pools give errors, a pool of its own works, and nothing hangs.

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <beat.hpp>
#include <memory>
#include <optional>
#include <thread>
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
    ::alarm(30);  // kills a child that hangs
    ::_exit(checks());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
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
          if (++check; fibonacci(10) != 55) return check;  // outside of pools, as ever
          group.reset();
          pool->shutdown();
          pool.reset();
          if (++check; queued != 0) return check;  // it is the parent's
          return 0;
        }) == 0);

  CHECK(pool->run([] { return fibonacci(10); }) == 55);
  open = true;
  CHECK(running.get() == 7);
  group->wait();
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
  CHECK(in_child([&] {
          beat::ThreadPool own{2};
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
