#pragma once
// SPDX-License-Identifier: MIT
// Sizes that are multiples of a cache line, a page, an alignment.

#include <algorithm>
#include <cstddef>
#include <limits>
#include <new>

namespace beat::inline v0::detail {

/// The least multiple of `unit`, a power of two, that is at least `bytes`, and at least one unit.
/// Throws: std::bad_alloc where there is none.
[[nodiscard]] constexpr std::size_t round_up(std::size_t bytes, std::size_t unit) {
  if (bytes > std::numeric_limits<std::size_t>::max() - (unit - 1)) throw std::bad_alloc{};
  return std::max((bytes + unit - 1) & ~(unit - 1), unit);
}

}  // namespace beat::inline v0::detail
