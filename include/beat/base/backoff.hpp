#pragma once
// SPDX-License-Identifier: MIT
// Bounded exponential back-off for a loop that waits for another thread. It only pauses the CPU;
// a caller that finds it exhausted sleeps or gives up.

namespace beat::inline v0 {

/// Waits 1, 2, 4, ... pauses, at most 2^limit in one call.
template <class Atomics>
class backoff {
 public:
  static constexpr unsigned default_limit = 6;
  static constexpr unsigned largest_limit = 31;

  constexpr explicit backoff(unsigned limit = default_limit) noexcept
      : limit_{limit < largest_limit ? limit : largest_limit} {}

  void spin() noexcept {
    unsigned const pauses = 1U << (exponent_ < limit_ ? exponent_ : limit_);
    for (unsigned i = 0; i < pauses; ++i) {
      Atomics::pause();
    }
    if (exponent_ <= limit_) {
      ++exponent_;
    }
  }

  constexpr void reset() noexcept { exponent_ = 0; }

  /// True once the longest wait has been used.
  [[nodiscard]] constexpr bool exhausted() const noexcept { return exponent_ > limit_; }

 private:
  unsigned limit_;
  unsigned exponent_ = 0;
};

}  // namespace beat::inline v0
