// SPDX-License-Identifier: MIT
#include <atomic>
#include <beat/base/atomics.hpp>
#include <beat/base/random.hpp>
#include <chrono>
#include <cstdint>
#include <thread>
#include <type_traits>
#include <vector>

#if BEAT_HAS_LINUX()
#include <sched.h>
#endif

#include "catch.hpp"

using beat::std_atomics;
using namespace std::chrono_literals;

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

namespace {

// The padding keeps two of them apart whatever the size of a cache line.
struct alignas(128) shared_word {
  std::atomic<std::uint32_t> value{0};
};

// Spins while it may be a matter of nanoseconds, then lets the other thread run.
template <class Condition>
void spin_until(Condition condition) {
  for (int spins = 0; !condition(); ++spins) {
    if (spins > 1000) {
      std::this_thread::yield();
    }
  }
}

#if BEAT_HAS_LINUX()
using cpu_mask = cpu_set_t;

cpu_mask current_mask() {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  ::sched_getaffinity(0, sizeof mask, &mask);
  return mask;
}

void restrict_this_thread(cpu_mask const& mask) { ::sched_setaffinity(0, sizeof mask, &mask); }

// The calling thread's CPUs, each as a mask of its own.
std::vector<cpu_mask> single_cpus() {
  cpu_mask const allowed = current_mask();
  std::vector<cpu_mask> cpus;
  for (unsigned cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &allowed)) {
      CPU_ZERO(&cpus.emplace_back());
      CPU_SET(cpu, &cpus.back());
    }
  }
  return cpus;
}
#else
struct cpu_mask {};
cpu_mask current_mask() { return {}; }
void restrict_this_thread(cpu_mask const&) {}
std::vector<cpu_mask> single_cpus() { return {}; }
#endif

struct outcome {
  std::uint32_t rounds = 0;
  std::uint32_t both_missed = 0;
};

// Store buffering: each thread sets its flag, then reads the other's. Counts the rounds in which neither saw the other,
// until the time is over or `enough` such rounds were seen. The threads get a CPU each, or no store would ever be late.
template <class HeavyFence>
outcome run_store_buffering(std::vector<cpu_mask> const& cpus, std::chrono::milliseconds time, std::uint32_t enough,
                            HeavyFence heavy_fence) {
  shared_word light_flag;
  shared_word heavy_flag;
  shared_word light_saw;
  shared_word start;
  shared_word done;
  // Both threads write these first, so that a flag is stuck behind them in the CPU's store buffer.
  shared_word contended[8];
  auto const fill_store_buffer = [&contended](std::uint32_t round) {
    for (auto& each : contended) {
      each.value.store(round, std::memory_order_relaxed);
    }
  };
  constexpr std::uint32_t stop = UINT32_MAX;

  std::thread light{[&] {
    restrict_this_thread(cpus.front());
    for (std::uint32_t round = 1;; ++round) {
      // acquire: pairs with the release of start by the heavy thread
      spin_until([&] { return start.value.load(std::memory_order_acquire) >= round; });
      if (start.value.load(std::memory_order_relaxed) == stop) {
        return;
      }
      fill_store_buffer(round);
      light_flag.value.store(round, std::memory_order_relaxed);
      std_atomics::light_fence();
      light_saw.value.store(heavy_flag.value.load(std::memory_order_relaxed), std::memory_order_relaxed);
      done.value.store(round, std::memory_order_release);  // release: pairs with the acquire of done below
    }
  }};

  auto const mask_before = current_mask();
  restrict_this_thread(cpus.back());
  beat::random delay{1};
  outcome result;
  auto const end = std::chrono::steady_clock::now() + time;
  while (result.both_missed < enough && std::chrono::steady_clock::now() < end) {
    std::uint32_t const round = ++result.rounds;
    start.value.store(round, std::memory_order_release);  // release: pairs with the acquire of start above
    for (std::uint32_t pauses = delay.below(16); pauses > 0; --pauses) {
      std_atomics::pause();
    }
    fill_store_buffer(round);
    heavy_flag.value.store(round, std::memory_order_relaxed);
    heavy_fence();
    bool const heavy_missed = light_flag.value.load(std::memory_order_relaxed) != round;
    // acquire: pairs with the release of done above
    spin_until([&] { return done.value.load(std::memory_order_acquire) == round; });
    bool const light_missed = light_saw.value.load(std::memory_order_relaxed) != round;
    result.both_missed += heavy_missed && light_missed ? 1U : 0U;
  }
  start.value.store(stop, std::memory_order_release);  // release: pairs with the acquire of start above
  light.join();
  restrict_this_thread(mask_before);
  return result;
}

}  // namespace

TEST_CASE("a light and a heavy fence never let both threads miss each other's store", "[unit]") {
  if (!std_atomics::asymmetric || !std_atomics::heavy_fence()) {
    WARN("no asymmetric fence in this build or on this system: light_fence promises nothing here");
    REQUIRE_FALSE((std_atomics::asymmetric && std_atomics::heavy_fence()));
    return;
  }
  auto const cpus = single_cpus();
  auto const fenced =
      run_store_buffering(cpus, 300ms, UINT32_MAX, [] { static_cast<void>(std_atomics::heavy_fence()); });
  REQUIRE(fenced.rounds > 0);
  REQUIRE(fenced.both_missed == 0);

  if (cpus.size() < 2) {
    WARN("there is one CPU only, on which no store is ever late: the result above shows little");
    return;
  }
#if defined(__OPTIMIZE__)
  // The planted bug: without the heavy fence the same loop sees what the fence prevents.
  auto const unfenced = run_store_buffering(cpus, 20s, 1, [] { std_atomics::light_fence(); });
  INFO(unfenced.rounds << " rounds without a fence");
  REQUIRE(unfenced.both_missed == 1);
#else
  WARN("without optimisation g++ makes every atomic store a full barrier, so this build cannot show the planted bug");
#endif
}
