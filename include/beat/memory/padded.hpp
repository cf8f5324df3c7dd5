#pragma once
// SPDX-License-Identifier: MIT
// A value alone on its cache lines, so that threads which write to neighbours in an array do not slow each other down.

#include <algorithm>
#include <beat/base/cache_line.hpp>

namespace beat::inline v0 {

/// A T that shares no cache line with anything else. An aggregate: `padded<std::atomic<int>> counts[8];`.
template <class T>
struct alignas(std::max(cache_line, alignof(T))) padded {
  T value{};

  [[nodiscard]] constexpr T& operator*() noexcept { return value; }
  [[nodiscard]] constexpr T const& operator*() const noexcept { return value; }
  [[nodiscard]] constexpr T* operator->() noexcept { return &value; }
  [[nodiscard]] constexpr T const* operator->() const noexcept { return &value; }
};

template <class T>
padded(T) -> padded<T>;

}  // namespace beat::inline v0
