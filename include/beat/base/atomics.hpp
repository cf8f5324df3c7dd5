#pragma once
// SPDX-License-Identifier: MIT
// The policy through which the lock-free kernels touch shared memory. Programs use std_atomics;
// a model checker passes a policy of its own with the same members and sees every step.

#include <atomic>
#include <beat/base/config.hpp>
#include <beat/base/platform.hpp>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace beat::inline v0 {

/// The real machine: std::atomic, and the waits and fences of the platform.
struct std_atomics {
  template <class T>
  using atomic = std::atomic<T>;

  /// A plain variable that a checker may watch for races; other threads reach it only after synchronising.
  template <class T>
  class var {
   public:
    constexpr var() noexcept(std::is_nothrow_default_constructible_v<T>) = default;
    constexpr explicit var(T value) noexcept(std::is_nothrow_move_constructible_v<T>) : value_(std::move(value)) {}

    [[nodiscard]] constexpr T get() const noexcept(std::is_nothrow_copy_constructible_v<T>) { return value_; }
    constexpr void set(T value) noexcept(std::is_nothrow_move_assignable_v<T>) { value_ = std::move(value); }

   private:
    T value_{};
  };

  /// True where light_fence() and heavy_fence() together order two threads as two full barriers would.
  static constexpr bool asymmetric = detail::platform::has_asymmetric_fence;

  /// The cheap side of the pair: it only keeps the compiler from reordering, the heavy side pays for the CPU.
  BEAT_FORCE_INLINE static void light_fence() noexcept {
    std::atomic_signal_fence(std::memory_order_seq_cst);  // seq_cst: pairs with heavy_fence in another thread
  }

  /// The costly side: a full barrier in every thread of the process. Returns false where the system refuses.
  [[nodiscard]] BEAT_FORCE_INLINE static bool heavy_fence() noexcept { return detail::platform::heavy_fence(); }

  BEAT_FORCE_INLINE static void futex_wait(atomic<std::uint32_t>& word, std::uint32_t expected) noexcept {
    detail::platform::futex_wait(word, expected);
  }

  BEAT_FORCE_INLINE static void futex_wait_for(atomic<std::uint32_t>& word, std::uint32_t expected,
                                               std::int64_t nanoseconds) noexcept {
    detail::platform::futex_wait_for(word, expected, nanoseconds);
  }

  BEAT_FORCE_INLINE static void futex_wake(atomic<std::uint32_t>& word, int count) noexcept {
    detail::platform::futex_wake(word, count);
  }

  BEAT_FORCE_INLINE static void pause() noexcept { detail::platform::pause(); }
};

}  // namespace beat::inline v0
