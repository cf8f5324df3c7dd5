// SPDX-License-Identifier: MIT
#include <beat/base/atomics.hpp>
#include <beat/base/backoff.hpp>
#include <cstdint>
#include <vector>

#include "catch.hpp"

namespace {

struct counting_atomics {
  static inline std::uint64_t pauses = 0;
  static void pause() noexcept { ++pauses; }
};

std::uint64_t pauses_of_one_spin(beat::backoff<counting_atomics>& waiter) {
  counting_atomics::pauses = 0;
  waiter.spin();
  return counting_atomics::pauses;
}

}  // namespace

TEST_CASE("each spin waits twice as long as the one before, up to the limit", "[unit]") {
  beat::backoff<counting_atomics> waiter{3};
  std::vector<std::uint64_t> waits;
  for (int i = 0; i < 6; ++i) {
    waits.push_back(pauses_of_one_spin(waiter));
  }
  REQUIRE(waits == std::vector<std::uint64_t>{1, 2, 4, 8, 8, 8});
}

TEST_CASE("a backoff is exhausted once its longest wait was used", "[unit]") {
  beat::backoff<counting_atomics> waiter{2};
  std::vector<bool> exhausted;
  for (int i = 0; i < 4; ++i) {
    exhausted.push_back(waiter.exhausted());
    waiter.spin();
  }
  REQUIRE(exhausted == std::vector<bool>{false, false, false, true});
}

TEST_CASE("reset starts over", "[unit]") {
  beat::backoff<counting_atomics> waiter{1};
  waiter.spin();
  waiter.spin();
  REQUIRE(waiter.exhausted());
  waiter.reset();
  REQUIRE_FALSE(waiter.exhausted());
  REQUIRE(pauses_of_one_spin(waiter) == 1);
}

TEST_CASE("a backoff on the real machine is exhausted after finitely many spins", "[unit]") {
  beat::backoff<beat::std_atomics> waiter;
  unsigned spins = 0;
  while (!waiter.exhausted() && spins < 1000) {
    waiter.spin();
    ++spins;
  }
  REQUIRE(spins == beat::backoff<beat::std_atomics>::default_limit + 1);
}
