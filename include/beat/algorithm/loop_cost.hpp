#pragma once
// SPDX-License-Identifier: MIT
// The loop cost: what an iteration of one body took lately. Loops choose their chunks by it, so that nobody has to tune
// a grain size. Races between threads only cost precision.

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <beat/runtime/crew.hpp>

namespace beat::inline v0::detail {

class loop_cost {
 public:
  /// How many iterations take about 2 µs: long against the price of a fork, short against what anybody waits for.
  /// 0 where nobody knows yet.
  std::size_t grain() const noexcept { return grain_.load(std::memory_order_relaxed); }

  /// Iterations that turn out longer count at once, shorter ones by and by: it is worse to split too little.
  void record(std::size_t iterations, std::int64_t nanoseconds) noexcept {
    double const exact =
        static_cast<double>(iterations) * span / static_cast<double>(std::max<std::int64_t>(nanoseconds, 1));
    auto const seen = static_cast<std::size_t>(std::clamp(exact, 1.0, 1e9));
    std::size_t const known = grain();
    grain_.store(known == 0 || seen < known ? seen : known + (seen - known) / 2, std::memory_order_relaxed);
  }

 private:
  static constexpr double span = 2'000;
  std::atomic<std::size_t> grain_{0};
};

/// Of the loops with this body.
template <class Body>
inline constinit loop_cost loop_cost_of{};

/// Times one thread's way through a loop, where that is worth two looks at the clock: the cost is unknown, or the loop
/// seems long enough to be shared.
class loop_timer {
 public:
  loop_timer(loop_cost& cost, std::size_t size) noexcept : cost_{cost}, grain_{cost.grain()}, size_{size} {
    if (grain_ == 0 || is_worth_sharing()) last_ = now();
  }
  /// A loop that was over before anything was recorded is timed as a whole: else a short one of unknown cost, or one
  /// that was interrupted when it was timed, would be taken for long again and again.
  ~loop_timer() {
    if (last_ != 0 && iterations_ == size_ && size_ != 0) cost_.record(iterations_, now() - last_);
  }
  loop_timer(loop_timer const&) = delete;
  loop_timer& operator=(loop_timer const&) = delete;

  /// As it was at the start.
  std::size_t grain() const noexcept { return grain_; }

  /// Whether a loop of this size should be offered to others at once.
  bool is_worth_sharing() const noexcept { return grain_ != 0 && size_ / grain_ >= worth_sharing; }

  /// After each chunk.
  void count(std::size_t iterations) noexcept {
    if (last_ == 0) return;
    iterations_ += iterations;
    std::int64_t const time = now();
    if (time - last_ < shortest) return;
    cost_.record(std::exchange(iterations_, 0), time - last_);
    last_ = time;
  }

 private:
  static constexpr std::size_t worth_sharing = 2;  // in grains
  static constexpr std::int64_t shortest = 500;    // nanoseconds: below, the clock itself is what is measured

  loop_cost& cost_;
  std::size_t const grain_;
  std::size_t const size_;
  std::size_t iterations_ = 0;  // since last_
  std::int64_t last_ = 0;       // when the last chunk ended that was recorded; 0: nothing is timed
};

}  // namespace beat::inline v0::detail
