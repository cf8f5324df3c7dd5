#pragma once
// SPDX-License-Identifier: MIT
// The event count: sleeping until somebody says that a condition may have changed, without a lock.
// Kernel (proof: README.md, "Sleep and wake"). Use: key = prepare(); look again; then wait(key) or cancel().
// Source: the eventcount of D. Vyukov, over a futex word instead of a semaphore.

#include <atomic>
#include <cstdint>

#include <beat/base/cache_line.hpp>

namespace beat::inline v0 {

template <class Atomics>
class event_count {
  template <class U>
  using atomic = typename Atomics::template atomic<U>;

 public:
  using key = std::uint32_t;

  /// Announces a waiter. What the caller looks at afterwards must be read with seq_cst.
  key prepare() noexcept {
    waiters_.fetch_add(1, std::memory_order_seq_cst);  // seq_cst: before the caller's look; pairs with has_waiters()
    return epoch_.load(std::memory_order_acquire);     // acquire: pairs with the increment in notify()
  }

  void cancel() noexcept { waiters_.fetch_sub(1, std::memory_order_relaxed); }

  /// Sleeps until a notification that came after `prepare`.
  void wait(key seen) noexcept {
    // acquire: what was written before the notification; pairs with notify()
    while (epoch_.load(std::memory_order_acquire) == seen) Atomics::futex_wait(epoch_, seen);
    cancel();
  }

  /// The same for at most `nanoseconds`; may return early. Returns true after a notification.
  bool wait_for(key seen, std::int64_t nanoseconds) noexcept {
    if (epoch_.load(std::memory_order_relaxed) == seen) Atomics::futex_wait_for(epoch_, seen, nanoseconds);
    cancel();
    // acquire: what was written before the notification; pairs with notify()
    return epoch_.load(std::memory_order_acquire) != seen;
  }

  /// Whether a notification could have a receiver. Call it after writing, with seq_cst, what the waiter looks at.
  bool has_waiters() const noexcept {
    return waiters_.load(std::memory_order_seq_cst) != 0;  // seq_cst: after the caller's write; pairs with prepare()
  }

  /// How many wait, or are about to: for whoever looks on.
  std::uint32_t waiters() const noexcept { return waiters_.load(std::memory_order_relaxed); }

  void notify_one() noexcept { notify(1); }
  void notify_all() noexcept { notify(0x7fffffff); }

 private:
  void notify(int count) noexcept {
    if (!has_waiters()) return;
    epoch_.fetch_add(1, std::memory_order_release);  // release: the caller's writes; pairs with wait() and prepare()
    Atomics::futex_wake(epoch_, count);
  }

  alignas(cache_line) atomic<std::uint32_t> epoch_{0};  // counts notifications; what waiters sleep on
  atomic<std::uint32_t> waiters_{0};                    // who is between prepare and the end of wait
};

}  // namespace beat::inline v0
