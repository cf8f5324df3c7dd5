// SPDX-License-Identifier: MIT
// Threads that block inside of tasks hold up nobody else, and cost nothing while they wait.

#include <atomic>
#include <beat.hpp>
#include <ctime>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "stress.hpp"

namespace {

using namespace stress;

double cpu_milliseconds() { return 1000.0 * static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

/// A task that lasts until it is told to end.
class open_end {
 public:
  explicit open_end(beat::ThreadPool& pool) {
    task_ = pool.submit([this] {
      begun_ = true;
      over_.wait(false);
    });
    while (!begun_) std::this_thread::yield();
  }
  ~open_end() { end(); }

  /// Blocks the calling thread until the end.
  void wait() const { task_.wait(); }

  void end() {
    over_ = true;
    over_.notify_all();
  }

 private:
  std::atomic<bool> begun_{false};
  std::atomic<bool> over_{false};
  beat::future<void> task_;
};

}  // namespace

TEST_CASE("a permit that a blocked task lends is used although another task holds up its thread", "[stress]") {
  for (int round = 0; round < 20; ++round) {
    watched<beat::ThreadPool> pool{"a lock between two pools", 2};
    watched<beat::ThreadPool> other{"a lock between two pools", 1};
    std::mutex lock;
    std::atomic<bool> locked{false};
    pool.post([&] {
      std::lock_guard const held{lock};
      locked = true;
      // The other pool gets on only with a thread of this one, where all others want the lock.
      auto there = other.submit([&] { return pool.submit([] { return 1; }).wait_for(60s); });
      while (!there.wait_for(10ms)) {
      }
      if (!there.get()) std::abort();
    });
    while (!locked) std::this_thread::yield();
    pool.post([&] { std::lock_guard const wanted{lock}; });
    REQUIRE(pool.wait_for(60s));
  }
}

TEST_CASE("short tasks are not held up where all threads but one wait and that one is busy", "[stress]") {
  watched<beat::ThreadPool> pool{"short tasks beside waiting ones", 4};
  watched<beat::ThreadPool> other{"short tasks beside waiting ones", 1};
  open_end condition{other};
  open_end long_task{pool};
  std::atomic<int> waiting{0};
  for (int i = 0; i < 3; ++i)
    pool.post([&] {
      ++waiting;
      condition.wait();
    });
  while (waiting != 3) std::this_thread::yield();
  std::atomic<int> left{100};
  std::atomic<bool> all_done{false};
  for (int i = 0; i < 100; ++i)
    pool.post([&] {
      if (--left != 0) return;
      all_done = true;
      all_done.notify_all();
    });
  all_done.wait(false);
  long_task.end();
  condition.end();
  pool.wait();
  CHECK(pool.stats().completed == 104);
}

TEST_CASE("as many tasks may block at once as there are spare threads", "[stress]") {
  watched<beat::ThreadPool> pool{"many blocked tasks", 2};
  struct chain {
    static int down(beat::ThreadPool& pool, int depth) {
      if (depth == 0) return 0;
      auto next = pool.submit([&pool, depth] { return down(pool, depth - 1); });
      while (!next.wait_for(1s)) {  // which never runs it itself
      }
      return next.get() + 1;
    }
  };
  CHECK(pool.submit([&] { return chain::down(pool, 250); }).get() == 250);
  // Those threads stay, and leave room for threads from outside.
  bool entered = false;  // once they are at rest
  for (auto const start = clock::now(); !entered && clock::now() - start < 20s;)
    entered = pool.run([] { return std::this_thread::get_id(); }) == std::this_thread::get_id();
  CHECK(entered);
}

TEST_CASE("a steady stream from outside does not starve the tasks of a thread that waits", "[stress]") {
  watched<beat::ThreadPool> pool{"tasks of a thread that waits", 1};
  std::atomic<bool> over{false};
  std::atomic<long> queued{0};
  std::atomic<bool> ran{false};
  auto waits = pool.submit([&] {
    auto own = pool.submit([&] { ran = true; });
    while (!own.wait_for(1s)) {
    }
  });
  std::thread stream{[&] {
    while (!over) {
      while (queued < 1000) {
        ++queued;
        pool.post([&] {
          spin(5us);
          --queued;
        });
      }
      std::this_thread::yield();
    }
  }};
  bool const in_time = waits.wait_for(30s);
  over = true;
  stream.join();
  pool.wait();
  CHECK(in_time);
  CHECK(ran);
}

TEST_CASE("a join that waits for long uses next to no CPU", "[stress]") {
  watched<beat::ThreadPool> pool{"a long join", 2};
  double used = 40;
  for (int attempt = 0; attempt < 3 && used >= 40; ++attempt) {  // time that the machine takes may count as used
    std::atomic<bool> taken{false};
    pool.run([&] {
      beat::join(
          [&] {
            while (!taken) std::this_thread::yield();
          },
          [&] {
            taken = true;
            std::this_thread::sleep_for(50ms);  // until all others have come to rest
            used = cpu_milliseconds();
            std::this_thread::sleep_for(2s);
            used = cpu_milliseconds() - used;
          });
    });
  }
  CHECK(used < 40);
}
