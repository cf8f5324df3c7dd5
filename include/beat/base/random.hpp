#pragma once
// SPDX-License-Identifier: MIT
// A small, fast generator for choosing victims and for tests; never for secrets. Each thread owns its own.
// Every seed is good, 0 and consecutive ones included, so a worker may be seeded with its index.

#include <cstdint>
#include <limits>

namespace beat::inline v0 {

/// The SplitMix64 generator: 64 bits of state, period 2^64.
/// Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014 (mix variant 13 by
/// Stafford).
class random {
 public:
  using result_type = std::uint64_t;

  constexpr explicit random(std::uint64_t seed = 0) noexcept : state_{seed} {}

  [[nodiscard]] constexpr std::uint64_t next() noexcept {
    state_ += 0x9E3779B97F4A7C15U;
    std::uint64_t bits = state_;
    bits = (bits ^ (bits >> 30U)) * 0xBF58476D1CE4E5B9U;
    bits = (bits ^ (bits >> 27U)) * 0x94D049BB133111EBU;
    return bits ^ (bits >> 31U);
  }

  /// A number in [0, bound), or 0 where bound is 0; no value's probability is off by more than 2^-32.
  /// Source: Lemire, "Fast random integer generation in an interval", TOMACS 2019 (without its rejection step).
  [[nodiscard]] constexpr std::uint32_t below(std::uint32_t bound) noexcept {
    return static_cast<std::uint32_t>(((next() >> 32U) * bound) >> 32U);
  }

  [[nodiscard]] constexpr result_type operator()() noexcept { return next(); }
  [[nodiscard]] static constexpr result_type min() noexcept { return 0; }
  [[nodiscard]] static constexpr result_type max() noexcept { return std::numeric_limits<result_type>::max(); }

 private:
  std::uint64_t state_;
};

}  // namespace beat::inline v0
