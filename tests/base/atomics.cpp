// SPDX-License-Identifier: MIT
#include <atomic>
#include <beat/base/atomics.hpp>
#include <beat/base/random.hpp>
#include <chrono>
#include <cstdint>
#include <thread>
#include <type_traits>

#include "catch.hpp"

using beat::std_atomics;

static_assert(std::is_same_v<std_atomics::atomic<int>, std::atomic<int>>);
static_assert(sizeof(std_atomics::var<char>) == 1, "a watched variable costs nothing");

TEST_CASE("a var holds what was set, and starts with its initial value", "[unit]") {
  std_atomics::var<int> empty;
  std_atomics::var<int> number{3};
  REQUIRE(empty.get() == 0);
  REQUIRE(number.get() == 3);
  number.set(4);
  REQUIRE(number.get() == 4);
}

TEST_CASE("a light and a heavy fence never let both threads miss each other's store", "[unit]") {
  if (!std_atomics::asymmetric || !std_atomics::heavy_fence()) {
    WARN("no asymmetric fence in this build or on this system: light_fence promises nothing here");
    REQUIRE_FALSE((std_atomics::asymmetric && std_atomics::heavy_fence()));
    return;
  }

  // Store buffering: each thread sets its flag, then reads the other's. The padding keeps the flags on two lines.
  struct alignas(128) line {
    std::atomic<std::uint32_t> value{0};
  };
  line light_flag;
  line heavy_flag;
  line light_saw;
  line start;
  line done;
  constexpr std::uint32_t stop = UINT32_MAX;

  std::thread light{[&] {
    for (std::uint32_t round = 1;; ++round) {
      std::uint32_t now = 0;
      // acquire: pairs with the release of start below
      for (int spins = 0; (now = start.value.load(std::memory_order_acquire)) < round; ++spins) {
        if (spins > 1000) {
          std::this_thread::yield();
        }
      }
      if (now == stop) {
        return;
      }
      light_flag.value.store(round, std::memory_order_relaxed);
      std_atomics::light_fence();
      light_saw.value.store(heavy_flag.value.load(std::memory_order_relaxed), std::memory_order_relaxed);
      done.value.store(round, std::memory_order_release);  // release: pairs with the acquire of done below
    }
  }};

  beat::random delay{1};
  std::uint32_t rounds = 0;
  std::uint32_t both_missed = 0;
  auto const end = std::chrono::steady_clock::now() + std::chrono::milliseconds{500};
  while (rounds < 20'000 && std::chrono::steady_clock::now() < end) {
    ++rounds;
    start.value.store(rounds, std::memory_order_release);  // release: pairs with the acquire of start above
    for (std::uint32_t pauses = delay.below(4); pauses > 0; --pauses) {
      std_atomics::pause();
    }
    heavy_flag.value.store(rounds, std::memory_order_relaxed);
    static_cast<void>(std_atomics::heavy_fence());
    bool const heavy_missed = light_flag.value.load(std::memory_order_relaxed) != rounds;
    // acquire: pairs with the release of done above
    for (int spins = 0; done.value.load(std::memory_order_acquire) != rounds; ++spins) {
      if (spins > 1000) {
        std::this_thread::yield();
      }
    }
    bool const light_missed = light_saw.value.load(std::memory_order_relaxed) != rounds;
    both_missed += heavy_missed && light_missed ? 1U : 0U;
  }
  start.value.store(stop, std::memory_order_release);  // release: pairs with the acquire of start above
  light.join();
  INFO(rounds << " rounds");
  REQUIRE(rounds > 0);
  REQUIRE(both_missed == 0);
}
