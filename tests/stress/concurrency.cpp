// SPDX-License-Identifier: MIT
// How many threads run at once, what a wait may run, and that sleepers are woken.

#include <algorithm>
#include <atomic>
#include <beat.hpp>
#include <mutex>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "stress.hpp"
#include "workers.hpp"

namespace {

using namespace stress;

/// Counts who is inside at once.
class census {
 public:
  template <class F>
  void count(F&& f) {
    int const now = ++inside_;
    int most = most_;
    while (most < now && !most_.compare_exchange_weak(most, now)) {
    }
    f();
    --inside_;
  }
  int most() const { return most_; }

 private:
  std::atomic<int> inside_{0};
  std::atomic<int> most_{0};
};

}  // namespace

TEST_CASE("no more threads than workers run tasks at once", "[stress]") {
  unsigned const workers = GENERATE(1U, 2U, 4U);
  watched<beat::ThreadPool> pool{"concurrency", workers};
  census people;
  auto const work = [&] { people.count([] { spin(50us); }); };
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&, i] {
      for (int round = 0; round < 20; ++round) {
        if (i % 2 == 0) {
          pool.run(work);
          beat::parallel_for(pool, 0, 10, [&](int) { work(); });
        } else {
          for (int k = 0; k < 10; ++k) pool.post(work);
          pool.submit(work).get();
        }
      }
    });
  for (std::thread& t : threads) t.join();
  pool.wait();
  CHECK(people.most() <= static_cast<int>(workers) + 1);  // one that resumes after a wait may be one more
  CHECK(people.most() >= 1);
}

TEST_CASE("tasks that never wait run on as many threads as there are workers", "[stress]") {
  unsigned const workers = GENERATE(1U, 2U, 4U);
  watched<beat::ThreadPool> pool{"concurrency of tasks", workers};
  census people;
  for (int i = 0; i < 200; ++i) pool.post([&] { people.count([] { spin(200us); }); });
  pool.wait();
  CHECK(people.most() == static_cast<int>(workers));
}

TEST_CASE("threads that resume after a wait do not go on to further tasks while there are too many", "[stress]") {
  watched<beat::ThreadPool> pool{"threads that resume", 1};
  watched<beat::ThreadPool> other{"threads that resume", 1};
  for (int round = 0; round < 10; ++round) {
    std::atomic<bool> open{false};
    std::atomic<bool> begun{false};
    auto gate = other.submit([&] {
      begun = true;
      open.wait(false);
    });
    while (!begun) std::this_thread::yield();  // or one of those who wait would run it
    std::atomic<int> waiting{0};
    for (int i = 0; i < 6; ++i)
      pool.post([&] {
        ++waiting;
        gate.wait();
      });
    while (waiting != 6) std::this_thread::yield();  // each on a thread of its own, without its permit
    census people;
    for (int i = 0; i < 100; ++i) pool.post([&] { people.count([] { spin(50us); }); });
    open = true;
    open.notify_all();
    pool.wait();
    REQUIRE(people.most() <= 2);
  }
}

TEST_CASE("a lock may be held across every kind of wait", "[stress]") {
  unsigned const workers = workers_under_test();
  watched<beat::ThreadPool> pool{"a lock held across a wait", workers};
  std::mutex lock;  // taken twice by one thread it would hang, and the watchdog would bark
  std::atomic<int> done{0};
  auto const brief = [] { spin(20us); };
  auto const task = [&](int kind) {
    std::lock_guard const held{lock};
    switch (kind) {
      case 0:
        beat::join(brief, brief, brief);
        break;
      case 1: {
        auto call = beat::pcall(brief);
        brief();
        call.get();
        break;
      }
      case 2:
        pool.submit(brief).get();
        break;
      case 3: {
        beat::task_group group{pool};
        group.run(brief);
        group.run(brief);
        group.wait();
        break;
      }
      case 4:
        beat::parallel_for(pool, 0, 20, [&](int) { brief(); });
        break;
      default:
        pool.run([&] { beat::join(brief, brief); });
        break;
    }
    ++done;
  };
  std::vector<beat::future<void>> futures;
  for (int i = 0; i < 300; ++i) futures.push_back(pool.submit([&, i] { task(i % 6); }));
  for (int i = 0; i < 60; ++i) task(i % 6);  // and from outside
  for (auto& f : futures) f.get();
  CHECK(done == 360);
}

TEST_CASE("a thread that holds the lock which all workers want gets its own tasks done", "[stress]") {
  unsigned const workers = GENERATE(1U, 2U, 4U);
  watched<beat::ThreadPool> pool{"a waiter whose pool is blocked by it", workers};
  std::mutex lock;
  std::atomic<unsigned> blocked{0};
  std::atomic<int> ran{0};
  int in_time = 0;
  {
    std::lock_guard const held{lock};
    for (int i = 0; i < 200; ++i)
      pool.post([&] {
        ++blocked;
        std::lock_guard const wanted{lock};
      });
    while (blocked != workers) std::this_thread::yield();
    in_time += pool.submit([] { return 1; }).get();
    in_time += pool.run([] { return 1; });
    beat::parallel_for(pool, 0, 100, [&](int) { ++ran; });
    beat::task_group group{pool};
    for (int i = 0; i < 100; ++i) group.run([&] { ++ran; });
    group.wait();
    in_time += blocked == workers ? 1 : 0;
  }
  pool.wait();
  CHECK(in_time == 3);
  CHECK(ran == 200);
  CHECK(blocked == 200);
  CHECK(pool.stats().submitted == pool.stats().completed);
}

namespace {}  // namespace

TEMPLATE_TEST_CASE("every worker that sleeps is woken when there is work", "[stress]", beat::ThreadPool,
                   beat::basic_thread_pool<sleepy_policy>) {
  unsigned const workers = GENERATE(1U, 2U, 4U);
  watched<TestType> pool{"a wake-up was lost", workers};
  // A task that is posted at any moment of a worker's way to sleep is run, with nobody else to help.
  for (int round = 0; round < 3000; ++round) {
    std::atomic<unsigned> left{workers};
    std::atomic<bool> done{false};
    for (unsigned i = 0; i < workers; ++i)
      pool.post([&] {
        if (--left != 0) return;
        done = true;
        done.notify_one();
      });
    done.wait(false);
    spin(std::chrono::microseconds{round % 97});  // the workers are napping, polling or on their way
    if (round % 500 == 0) std::this_thread::sleep_for(30ms);
  }
  pool.wait();
  CHECK(pool.stats().completed == 3000 * workers);
}

TEMPLATE_TEST_CASE("a task that was queued while guests had every permit is run once they leave", "[stress]",
                   beat::ThreadPool, beat::basic_thread_pool<sleepy_policy>) {
  unsigned const workers = GENERATE(1U, 2U);
  watched<TestType> pool{"a task was left alone for want of a permit", workers};
  int missed = 0;
  for (int round = 0; round < 2000; ++round) {
    std::vector<std::thread> guests;
    std::atomic<unsigned> missing{workers};
    auto const visit = [&] {
      pool.run([&] {
        --missing;
        while (missing != 0) std::this_thread::yield();
        spin(std::chrono::microseconds{round % 41});
        if (round % 2 == 0) pool.post([] {});
      });
    };
    for (unsigned i = 1; i < workers; ++i) guests.emplace_back(visit);
    visit();
    if (round % 2 != 0) pool.post([] {});
    for (std::thread& t : guests) t.join();
    if (!pool.wait_for(20s)) ++missed;  // which does not help
    if (missed != 0) break;
    if (round % 100 == 0) std::this_thread::sleep_for(25ms);
  }
  CHECK(missed == 0);
}

TEST_CASE("tasks that need each other at once run at once", "[stress]") {
  unsigned const workers = GENERATE(2U, 4U, 16U);
  watched<beat::ThreadPool> pool{"tasks that wait for each other", workers};
  // Each needs all others to have begun: as many as there are workers must be awake and in different hands.
  for (int round = 0; round < 100; ++round) {
    std::atomic<unsigned> missing{workers};
    for (unsigned i = 0; i < workers; ++i)
      pool.post([&] {
        --missing;
        while (missing != 0) std::this_thread::yield();
      });
    pool.wait_for(60s) ? void() : std::abort();
    if (round % 10 == 0) std::this_thread::sleep_for(25ms);
  }
  CHECK(pool.stats().completed == 100 * workers);
}
