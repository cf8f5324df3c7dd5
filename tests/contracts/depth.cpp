// SPDX-License-Identifier: MIT
// Depth: how much stack a level of forking takes, and how deep it goes.

#include <algorithm>
#include <beat.hpp>
#include <cstdint>
#include <thread>

#include "build_kind.hpp"
#include "catch.hpp"
#include "stress/stress.hpp"

namespace {

using namespace stress;

/// The lowest and the highest address of a stack that a recursion came to.
struct span {
  std::uintptr_t low = ~std::uintptr_t{0};
  std::uintptr_t high = 0;

  void reach() {
    char here;
    auto const address = reinterpret_cast<std::uintptr_t>(static_cast<void*>(&here));
    low = std::min(low, address);
    high = std::max(high, address);
  }
  std::uintptr_t bytes() const { return high - low; }
};

/// A chain, not a tree: each level has a call that may run elsewhere.
int by_join(span& stack, int depth) {
  stack.reach();
  if (depth == 0) return 0;
  auto const [below, one] = beat::join([&] { return by_join(stack, depth - 1); }, [] { return 1; });
  return below + one;
}

int by_join_with_context(beat::context where, span& stack, int depth) {
  stack.reach();
  if (depth == 0) return 0;
  auto const [below, one] = beat::join(
      where, [&](beat::context there) { return by_join_with_context(there, stack, depth - 1); }, [] { return 1; });
  return below + one;
}

int by_pcall(span& stack, int depth) {
  stack.reach();
  if (depth == 0) return 0;
  auto one = beat::pcall([] { return 1; });
  int const below = by_pcall(stack, depth - 1);
  return below + one.get();
}

}  // namespace

TEST_CASE("30000 levels of forking fit onto the stack that a thread usually has", "[contract]") {
  watchdog const dog{"a deep recursion"};
  static constexpr int levels = build_kind::has_small_frames ? 30'000 : 3'000;
  unsigned const workers = GENERATE(1U, 2U);
  beat::ThreadPool pool{workers};
  auto const go_down = [] {
    span stack;
    int reached = by_join(stack, levels) + by_pcall(stack, levels);
    return reached + by_join_with_context(beat::here(), stack, levels);
  };
  CHECK(pool.run(go_down) == 3 * levels);  // on this thread, perhaps
  CHECK(pool.submit([&] {                  // on a worker, or here
              std::this_thread::sleep_for(1ms);
              return go_down();
            })
            .get() == 3 * levels);
  std::thread elsewhere{[&] { CHECK(go_down() == 3 * levels); }};  // outside of pools
  elsewhere.join();
}

TEST_CASE("a level of forking takes at most 256 bytes of stack", "[contract]") {
  static constexpr std::uintptr_t limit = build_kind::has_small_frames ? 256 : 2560;
  constexpr int levels = 1000;
  beat::ThreadPool pool{1};
  pool.run([] {
    span join, context, pcall;
    by_join(join, levels);
    by_join_with_context(beat::here(), context, levels);
    by_pcall(pcall, levels);
    CHECK(join.bytes() / levels <= limit);
    CHECK(context.bytes() / levels <= limit);
    CHECK(pcall.bytes() / levels <= limit);
  });
}
