// SPDX-License-Identifier: MIT
// Threads that go to sleep and are woken, a million times: no wake-up is lost.

#include <atomic>
#include <beat.hpp>
#include <thread>

#include "catch.hpp"
#include "stress.hpp"

namespace {

using namespace stress;

/// Ends the program where nothing happens for 5 s.
class heartbeat {
 public:
  explicit heartbeat(std::atomic<long> const& beats, beat::basic_thread_pool<sleepy_policy> const& pool)
      : guard_{[this, &beats, &pool] {
          long seen = -1;
          while (!over_) {
            long const now = beats;
            if (now == seen) {
              std::fprintf(stderr, "hangs after %ld cycles\n", now);
              pool.describe(std::cerr);
              std::_Exit(1);
            }
            seen = now;
            for (int i = 0; i < 500 && !over_; ++i) std::this_thread::sleep_for(10ms);
          }
        }} {}
  ~heartbeat() {
    over_ = true;
    guard_.join();
  }
  heartbeat(heartbeat const&) = delete;
  heartbeat& operator=(heartbeat const&) = delete;

 private:
  std::atomic<bool> over_{false};
  std::thread guard_;
};

}  // namespace

TEST_CASE("a million times a thread goes to sleep and is woken by a task", "[stress]") {
  auto const cycles = static_cast<std::uint64_t>(often(1'000'000, 50'000));
  beat::basic_thread_pool<sleepy_policy> pool{1};
  std::atomic<long> beats{0};
  heartbeat const alive{beats, pool};
  std::uint64_t posted = 0;
  while (pool.stats().parks < cycles) {
    // Sometimes at the very moment when the thread lies down, sometimes long after.
    for (std::uint64_t i = posted % 64; i != 0; --i) beat::std_atomics::pause();
    long const before = beats;
    pool.post([&] {
      ++beats;
      beats.notify_one();
    });
    ++posted;
    beats.wait(before);
  }
  pool.wait();
  CHECK(pool.stats().completed == posted);
}

TEST_CASE("many times every thread goes to sleep and is woken by forks and by outside threads", "[stress]") {
  auto const cycles = static_cast<std::uint64_t>(often(200'000, 20'000));
  unsigned const workers = GENERATE(2U, 4U);
  beat::basic_thread_pool<sleepy_policy> pool{workers};
  std::atomic<long> beats{0};
  heartbeat const alive{beats, pool};
  auto const turn = [&] {
    while (pool.stats().parks < cycles) {
      int const two = pool.run([&] {
        auto const [a, b] = beat::join([] { return 1; }, [] { return 1; });
        return a + b;
      });
      auto const one = pool.submit([] { return 1; });
      while (!one.wait_for(1s)) {
      }
      if (two == 2) ++beats;
    }
  };
  std::thread other{turn};
  turn();
  other.join();
  pool.wait();
  beat::pool_stats const stats = pool.stats();
  CHECK(stats.completed == stats.submitted);
}
