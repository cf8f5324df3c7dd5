// SPDX-License-Identifier: MIT
#include <algorithm>
#include <atomic>
#include <beat.hpp>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "build_kind.hpp"
#include "catch.hpp"
#include "support.hpp"

namespace {

using namespace task_test;

/// How many threads are inside at once.
class blocking_crowd {
 public:
  void visit() {
    int const here = ++inside_;
    for (int most = most_; here > most && !most_.compare_exchange_weak(most, here);) {
    }
    std::this_thread::yield();
    --inside_;
    ++visits_;
  }
  int visits() const { return visits_; }
  int most() const { return most_; }

 private:
  std::atomic<int> inside_{0};
  std::atomic<int> most_{0};
  std::atomic<int> visits_{0};
};

}  // namespace

TEST_CASE("blocking returns what its call returns and throws what it throws", "[unit]") {
  int x = 0;
  auto const check = [&] {
    static_assert(std::is_same_v<decltype(beat::blocking([&]() -> int& { return x; })), int&>);
    bool const holds = &beat::blocking([&]() -> int& { return x; }) == &x &&
                       *beat::blocking([] { return std::make_unique<int>(5); }) == 5;
    beat::blocking([&] { ++x; });
    try {
      beat::blocking([] { throw counted{1}; });
    } catch (counted const&) {
      return holds;
    }
    return false;
  };
  CHECK(check());  // outside of pools
  beat::ThreadPool pool{1};
  CHECK(pool.run(check));
  CHECK(pool.submit(check).get());
  CHECK(x == 3);
}

TEST_CASE("tasks that sleep in a blocking call hold up no others", "[unit]") {
  using clock = std::chrono::steady_clock;
  beat::ThreadPool pool{2};
  clock::duration best = clock::duration::max();
  auto const limit = std::chrono::milliseconds{build_kind::is_sanitized ? 400 : 150};  // one after the other: 500
  for (int attempt = 0; attempt < 5 && best > limit; ++attempt) {
    auto const start = clock::now();
    for (int i = 0; i < 10; ++i)
      pool.post([] { beat::blocking([] { std::this_thread::sleep_for(std::chrono::milliseconds{100}); }); });
    pool.wait();
    best = std::min(best, clock::now() - start);
  }
  CHECK(best <= limit);
}

TEST_CASE("what waits inside of a blocking call frees one place and not two", "[unit]") {
  beat::ThreadPool pool{1};
  for (int round = 0; round < 20; ++round) {
    blocking_crowd crowd;
    beat::promise<int> source{pool};
    auto awaited = source.get_future();
    std::atomic<bool> is_blocked{false};
    auto blocked = pool.submit([&] {
      return beat::blocking([&] {
        is_blocked = true;
        return beat::blocking([&] { return awaited.get(); });
      });
    });
    while (!is_blocked) std::this_thread::yield();
    for (int i = 0; i < 50; ++i) pool.post([&] { crowd.visit(); });
    while (crowd.visits() != 50) std::this_thread::yield();  // by who stands in for the one who blocks
    source.set_value(7);
    CHECK(blocked.get() == 7);
    CHECK(crowd.most() == 1);
  }
  blocking_crowd crowd;
  for (int i = 0; i < 200; ++i) pool.post([&] { crowd.visit(); });
  pool.wait();
  CHECK(crowd.most() == 1);
}

TEST_CASE("a blocking call may fork and wait for tasks of its pool", "[unit]") {
  beat::ThreadPool pool{2};
  int const sum = pool.run([&] {
    return beat::blocking([&] {
      auto const [a, b] = beat::join([] { return 1; }, [] { return beat::blocking([] { return 2; }); });
      return a + b + pool.submit([] { return 4; }).get() + pool.run([] { return 8; });
    });
  });
  CHECK(sum == 15);
  pool.wait();
  auto const stats = pool.stats();
  CHECK(stats.submitted == stats.completed);
}
