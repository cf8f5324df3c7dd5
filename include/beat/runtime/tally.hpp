#pragma once
// SPDX-License-Identifier: MIT
// The tally: how many tasks of a group have not ended, and whether somebody waits for the last one.
// Kernel (proof: README.md, "Completion"). Invariant: whoever makes it empty touches it no more, so it may die then.

#include <atomic>
#include <cstdint>

namespace beat::inline v0 {

template <class Atomics>
class tally {
 public:
  void add() noexcept { word_.fetch_add(one, std::memory_order_relaxed); }

  /// One less. True where it was the last one and somebody waits: tell them, by what outlives the tally.
  [[nodiscard("who waits must be told")]] bool leave() noexcept {
    // acq_rel: the task's effects, pairs with is_empty() and announce(); and the sleeper, pairs with announce()
    return word_.fetch_sub(one, std::memory_order_acq_rel) == (one | waited_for);
  }

  bool is_empty() const noexcept {
    return word_.load(std::memory_order_acquire) < one;  // acquire: the tasks' effects; pairs with leave()
  }

  /// Says that somebody waits, after their announcement as a sleeper. True where it is empty already.
  [[nodiscard("an empty tally tells nobody")]] bool announce() noexcept {
    // acq_rel: the tasks' effects, and the caller's announcement; pairs with leave()
    return word_.fetch_or(waited_for, std::memory_order_acq_rel) < one;
  }

  /// Nobody waits any more. Only where it is empty, by the one who waited.
  void reset() noexcept { word_.fetch_and(~waited_for, std::memory_order_relaxed); }

 private:
  static constexpr std::uint64_t waited_for = 1;
  static constexpr std::uint64_t one = 2;

  typename Atomics::template atomic<std::uint64_t> word_{0};  // bit 0: somebody waits; above: tasks that have not ended
};

}  // namespace beat::inline v0
