#pragma once
// SPDX-License-Identifier: MIT
// The completion: the life of a heap task that somebody may wait for, or something follow: queued, claimed by one
// thread, ended. Kernel (proof: README.md, "Completion"). Invariant: exactly one claim succeeds, only its owner ends
// it, and a follower is told once.

#include <atomic>
#include <cstdint>

namespace beat::inline v0 {

/// How a task ended.
enum class task_outcome : std::uint32_t { completed, failed, cancelled };

template <class Atomics>
class completion {
 public:
  /// True for exactly one caller.
  [[nodiscard("only the one who claimed it may run it")]] bool claim() noexcept {
    std::uint32_t seen = word_.load(std::memory_order_relaxed);
    while ((seen & phase) == queued) {
      // relaxed: whoever may claim it knows the callable, from the queue or as the one who submitted it. The other bits
      // stay.
      if (word_.compare_exchange_weak(seen, seen + running, std::memory_order_relaxed, std::memory_order_relaxed))
        return true;
    }
    return false;
  }

  bool is_queued() const noexcept { return (word_.load(std::memory_order_relaxed) & phase) == queued; }

  /// Only by the one who claimed it. The caller keeps the completion alive during the call. True where there is a
  /// follower: then it is the caller who tells it.
  [[nodiscard("a follower must be told")]] bool end(task_outcome how) noexcept {
    std::uint32_t const word = ended | (static_cast<std::uint32_t>(how) << outcome_shift);
    // acq_rel: the result, pairs with has_ended() and announce(); and the follower, pairs with follow()
    std::uint32_t const before = word_.exchange(word, std::memory_order_acq_rel);
    if ((before & waiting) != 0) Atomics::futex_wake(word_, 0x7fffffff);
    return (before & followed) != 0;
  }

  /// At most once: says that there is a follower, which who ends it finds where the caller has left it. False where it
  /// has ended: then nobody tells the follower.
  [[nodiscard("where it has ended nobody is told")]] bool follow() noexcept {
    std::uint32_t seen = word_.load(std::memory_order_relaxed);
    while (!has_ended()) {
      // release: the follower; pairs with end()
      if (word_.compare_exchange_weak(seen, seen | followed, std::memory_order_release, std::memory_order_relaxed))
        return true;
    }
    return false;
  }

  bool has_ended() const noexcept {
    return (word_.load(std::memory_order_acquire) & phase) == ended;  // acquire: the result; pairs with end()
  }

  /// Only after `has_ended()`.
  task_outcome outcome() const noexcept {
    return static_cast<task_outcome>(word_.load(std::memory_order_relaxed) >> outcome_shift);
  }

  void wait() noexcept {
    for (std::uint32_t seen = announce(); (seen & phase) != ended; seen = announce()) Atomics::futex_wait(word_, seen);
  }

  /// At most `nanoseconds`, possibly less: the caller looks again.
  void wait_for(std::int64_t nanoseconds) noexcept {
    if (std::uint32_t const seen = announce(); (seen & phase) != ended)
      Atomics::futex_wait_for(word_, seen, nanoseconds);
  }

 private:
  static constexpr std::uint32_t queued = 0, running = 1, ended = 2, phase = 3;
  static constexpr std::uint32_t waiting = 4, followed = 8;
  static constexpr unsigned outcome_shift = 4;

  /// Sets the waiting bit unless it has ended; returns the word to sleep on.
  std::uint32_t announce() noexcept {
    std::uint32_t seen = word_.load(std::memory_order_acquire);  // acquire: the result; pairs with end()
    while ((seen & phase) != ended && (seen & waiting) == 0) {
      // acquire: the result, where it fails because the task has ended; pairs with end().
      // Kept: g++ 12 refuses a success that is weaker than a failure.
      if (word_.compare_exchange_weak(seen, seen | waiting, std::memory_order_acquire, std::memory_order_acquire))
        return seen | waiting;
    }
    return seen;
  }

  // Bits 0-1: phase; bit 2: somebody waits; bit 3: it has a follower; bits 4-5: the outcome, once ended, alone with the
  // phase.
  typename Atomics::template atomic<std::uint32_t> word_{queued};
};

}  // namespace beat::inline v0
