// SPDX-License-Identifier: MIT
// Calls that are stolen whenever they can be: each runs once, and whoever waits runs nothing but what it waits for.

#include <atomic>
#include <beat.hpp>
#include <mutex>

#include "catch.hpp"
#include "stress.hpp"
#include "workers.hpp"

namespace {

using namespace stress;

/// The same with so few slots that most calls find the stack full.
struct tiny_policy {
  static constexpr beat::scheduler_tuning tuning() noexcept {
    return {.look_interval = 0, .pace = 0, .patience = 0, .brief_wait = 50'000, .fork_capacity = 4};
  }
};

std::atomic<int> repeated{0};  // calls that ran a second time

/// A call that notices if it runs twice.
template <class F>
class once {
 public:
  explicit once(F f) : f_{f} {}
  auto operator()() {
    if (ran_.exchange(true)) ++repeated;
    return f_();
  }

 private:
  F f_;
  std::atomic<bool> ran_{false};
};

std::uint64_t walk(std::uint64_t seed, int depth) {
  if (depth <= 0) return seed % 1000;
  std::uint64_t const s1 = seed * 6364136223846793005U + 1;
  std::uint64_t const s2 = seed * 2862933555777941757U + 3;
  once left{[=] { return walk(s1, depth - 1); }};
  once right{[=] { return walk(s2, depth - 1); }};
  once brief{[=] { return walk(s2, depth / 2); }};
  switch (beat::random{seed}.below(6)) {
    case 0: {
      auto const [a, b] = beat::join(left, right);
      return a + b;
    }
    case 1: {  // got out of order
      auto a = beat::pcall([&] { return left(); });
      auto b = beat::pcall([&] { return right(); });
      auto const first = a.get();
      return first + b.get();
    }
    case 2: {  // dropped, begun or not
      auto dropped = beat::pcall([&] { return brief(); });
      return left();
    }
    case 3: {  // left by an exception
      try {
        auto lost = beat::pcall([&] { return brief(); });
        throw left();
      } catch (std::uint64_t value) {
        return value;
      }
    }
    case 4: {  // thrown from whichever side
      try {
        beat::join([&]() -> int { throw left(); }, [&] { return brief(); });
      } catch (std::uint64_t value) {
        return value;
      }
      return 0;
    }
    default:
      return left() + brief();
  }
}

}  // namespace

TEMPLATE_TEST_CASE("calls at random end as serial code does and run once", "[stress]", beat::ThreadPool,
                   beat::basic_thread_pool<eager_policy>, beat::basic_thread_pool<tiny_policy>) {
  unsigned const workers = workers_under_test();
  watched<TestType> pool{"random calls", workers};
  repeated = 0;
  for (std::uint64_t seed = 1; seed <= (build_kind::is_sanitized ? 20 : 60); ++seed) {
    std::uint64_t const expected = walk(seed, 24);  // with nobody to steal from it
    REQUIRE(pool.run([seed] { return walk(seed, 24); }) == expected);
  }
  CHECK(repeated == 0);
  if (workers > 1) CHECK(pool.stats().jobs_stolen > 0);
}

TEST_CASE("who waits for a stolen call while it holds a lock runs nothing that wants the lock", "[stress]") {
  unsigned const workers = GENERATE(2U, 4U, 16U);
  watched<beat::basic_thread_pool<eager_policy>> pool{"a lock held across the wait for a stolen call", workers};
  std::mutex lock;
  long sum = 0;
  struct tree {
    static void free_of_locks(int depth) {
      if (depth == 0) return spin(1us);
      beat::join([=] { free_of_locks(depth - 1); }, [=] { free_of_locks(depth - 1); });
    }
    static void walk(std::mutex& m, long& s, int depth) {
      if (depth == 0) {
        std::lock_guard const held{m};
        free_of_locks(7);
        ++s;
      } else {
        // Out of order: while the first is waited for, thieves see the others, which are no part of it.
        auto const deeper = [&, depth] { walk(m, s, depth - 1); };
        auto first = beat::pcall(deeper);
        auto second = beat::pcall(deeper);
        auto third = beat::pcall(deeper);
        auto fourth = beat::pcall(deeper);
        first.get();
        second.get();
        third.get();
        fourth.get();
      }
    }
  };
  for (int round = 0; round < 20; ++round) pool.run([&] { tree::walk(lock, sum, 3); });
  CHECK(sum == 20 * 64);
  CHECK(pool.stats().jobs_stolen > 0);
}
