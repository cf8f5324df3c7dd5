// SPDX-License-Identifier: MIT
#include <atomic>
#include <beat.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <stop_token>
#include <thread>

#include "catch.hpp"
#include "support.hpp"

namespace {

using namespace task_test;

int count_tree(beat::ThreadPool& pool, int depth) {
  if (depth == 0) return 1;
  int left = 0, right = 0;
  beat::task_group group{pool};
  group.run([&] { left = count_tree(pool, depth - 1); });
  group.run([&] { right = count_tree(pool, depth - 1); });
  group.wait();
  return left + right;
}

}  // namespace

TEST_CASE("wait returns once every task of the group has ended", "[unit]") {
  unsigned const workers = GENERATE(1U, 2U, 4U);
  beat::ThreadPool pool{workers};
  std::atomic<int> ran{0};
  beat::task_group group{pool};
  group.wait();  // an empty one does not wait
  for (int round = 1; round <= 3; ++round) {
    for (int i = 0; i < 500; ++i) group.run([&] { ++ran; });
    group.wait();
    CHECK(ran == 500 * round);
  }
}

TEST_CASE("the destructor of a group waits", "[unit]") {
  beat::ThreadPool pool{2};
  std::atomic<int> ran{0};
  {
    beat::task_group group{pool};
    for (int i = 0; i < 100; ++i) group.run([&] { ++ran; });
  }
  CHECK(ran == 100);
}

TEST_CASE("a group is used inside of the tasks of another group", "[unit]") {
  unsigned const workers = GENERATE(1U, 2U, 4U);
  beat::ThreadPool pool{workers};
  CHECK(pool.run([&] { return count_tree(pool, 9); }) == 512);
  CHECK(count_tree(pool, 6) == 64);
}

TEST_CASE("a task adds others to the group that it belongs to", "[unit]") {
  beat::ThreadPool pool{2};
  std::atomic<int> ran{0};
  beat::task_group group{pool};
  struct grow {
    beat::task_group& group;
    std::atomic<int>& ran;
    int levels;
    void operator()() const {
      ++ran;
      for (int i = 0; levels > 0 && i < 2; ++i) group.run(grow{group, ran, levels - 1});
    }
  };
  group.run(grow{group, ran, 8});
  group.wait();
  CHECK(ran == (1 << 9) - 1);
}

TEST_CASE("the first exception of a group arrives in wait and only once", "[unit]") {
  unsigned const workers = GENERATE(1U, 2U);
  beat::ThreadPool pool{workers};
  std::atomic<int> ended{0};
  beat::task_group group{pool};
  for (int i = 0; i < 50; ++i)
    group.run([&, i] {
      ++ended;
      if (i % 10 == 3) throw std::runtime_error{"bad task"};
    });
  CHECK(message_of([&] { group.wait(); }) == "bad task");
  CHECK(ended == 50);  // a failure does not stop the others
  CHECK(message_of([&] { group.wait(); }).empty());
  group.run([] { throw std::runtime_error{"dropped with the group"}; });
}

TEST_CASE("a task of a group that waits for the group gets an error", "[unit]") {
  beat::ThreadPool pool{2};
  beat::task_group group{pool};
  std::atomic<int> errors{0};
  group.run([&] {
    if (error_of([&] { group.wait(); }) == beat::errc::self_wait) ++errors;
    beat::task_group inner{pool};
    inner.run([&] {
      if (pool.workers() == 0) group.wait();
    });
    inner.wait();  // another group may be waited for
  });
  group.wait();
  CHECK(errors == 1);
}

TEST_CASE("stop cancels the tasks of a group that have not begun and tells those that have", "[unit]") {
  beat::ThreadPool pool{1};
  beat::task_group group{pool};
  std::atomic<bool> begun{false};
  std::atomic<bool> told{false};
  std::atomic<int> late{0};
  group.run([&] {
    begun = true;
    std::atomic<bool> stopped{false};
    std::stop_callback const note{group.stop_token(), [&] { stopped = true; }};
    told = wait_for(stopped);
  });
  bool const in_time = wait_for(begun);
  for (int i = 0; i < 100; ++i) group.run([&] { ++late; });
  group.stop();
  group.wait();
  pool.wait();  // the last task is counted after its group was told
  CHECK(in_time);
  CHECK(told);
  CHECK(late == 0);
  CHECK(pool.stats().cancelled == 100);
}

TEST_CASE("what a task of a group captured is gone when wait returns", "[unit]") {
  beat::ThreadPool pool{2};
  counted::live = 0;
  beat::task_group group{pool};
  for (int i = 0; i < 100; ++i) group.run([c = counted{i}] { static_cast<void>(c); });
  group.wait();
  CHECK(counted::live == 0);
}

TEST_CASE("a group takes move-only tasks and tasks that want a context", "[unit]") {
  beat::ThreadPool pool{2};
  std::atomic<int> sum{0};
  beat::task_group group{pool};
  group.run([&, p = std::make_unique<int>(1)] { sum += *p; });
  group.run([&](beat::context where) {
    auto const [a, b] = beat::join(where, [] { return 10; }, [] { return 100; });
    sum += a + b;
  });
  group.wait();
  CHECK(sum == 111);
}

TEST_CASE("a group of a closed pool refuses tasks and can still be waited for", "[unit]") {
  beat::ThreadPool pool{1};
  beat::task_group group{pool};
  pool.shutdown();
  CHECK(error_of([&] { group.run([] {}); }) == beat::errc::pool_shutdown);
  group.wait();
  CHECK(pool.stats().submitted == 0);
}

TEST_CASE("a group whose pool is held up by its waiter gets its tasks done", "[unit]") {
  impatient_pool pool{2};
  std::mutex lock;
  std::atomic<int> wanting{0};
  std::atomic<int> ran{0};
  {
    std::lock_guard const held{lock};
    for (int i = 0; i < 2; ++i)
      pool.post([&] {
        ++wanting;
        std::lock_guard const wanted{lock};
      });
    while (wanting != 2) std::this_thread::yield();
    beat::task_group group{pool};
    for (int i = 0; i < 10; ++i) group.run([&] { ++ran; });
    group.wait();
    CHECK(ran == 10);
  }
  pool.wait();
}

TEST_CASE("waiting for a group runs no task of another group", "[unit]") {
  beat::ThreadPool pool{1};
  std::atomic<bool> waits{true};
  std::atomic<bool> own{false};
  std::atomic<bool> foreign{false};
  auto const waiter = std::this_thread::get_id();
  pool.run([&] {
    beat::task_group outer{pool};
    beat::task_group inner{pool};
    inner.run([&] { own = true; });
    outer.run([&] { foreign = foreign || (waits && std::this_thread::get_id() == waiter); });
    inner.wait();  // gives its permit away, so that the worker runs what stands before its own task
    waits = false;
    outer.wait();
  });
  CHECK(own);
  CHECK_FALSE(foreign);
}

TEST_CASE("a pool is quiet once a group has ended although its waiter goes on", "[unit]") {
  beat::ThreadPool pool{1};
  bool quiet = false;
  pool.run([&] {
    beat::task_group group{pool};
    for (int i = 0; i < 3; ++i) group.run([] {});
    group.wait();  // by this thread, as it has the only permit
    std::thread{[&] { quiet = pool.wait_for(10s); }}.join();
  });
  CHECK(quiet);
}

TEST_CASE("who waits for a group runs what it gave to it, whatever its priority is", "[unit]") {
  auto const level = GENERATE(beat::priority::low, beat::priority::normal, beat::priority::high);
  std::atomic<int> threads{0};
  beat::ThreadPool pool{{.workers = 1, .on_worker_start = [&](unsigned) { ++threads; }}};
  std::function<int(int)> const nested = [&](int depth) {
    if (depth == 0) return 0;
    int below = 0;
    beat::task_group group{pool};
    group.run([&] { below = nested(depth - 1); }, {.priority = level});
    group.wait();
    return below + 1;
  };
  CHECK(pool.submit([&] { return nested(50); }).get() == 50);
  CHECK(threads <= 2);
}
