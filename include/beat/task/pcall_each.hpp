#pragma once
// SPDX-License-Identifier: MIT
// pcall_each: one potentially parallel call per element, in plain functions, with no pool argument.

#include <concepts>
#include <cstddef>
#include <functional>
#include <iterator>
#include <ranges>

#include <beat/task/join.hpp>

namespace beat::inline v0 {

namespace detail {

template <class Iterator, class F>
void pcall_each_of(lane& l, Iterator first, std::iter_difference_t<Iterator> count, F& f) {
  if (count > 1) {
    auto const half = count / 2;
    Iterator const middle = std::ranges::next(first, half);
    join(
        context{l}, [&](context where) { pcall_each_of(where.lane(), first, half, f); },
        [&](context where) { pcall_each_of(where.lane(), middle, count - half, f); });
  } else if (count == 1) {
    std::invoke(f, *first);
  }
}

}  // namespace detail

/// Calls `f(element)` for each element of `range`, potentially in parallel. Every call is one that a thief may take, so
/// it suits few and unequal elements; parallel_for_each suits many.
/// *Throws:* the exception of the leftmost element that threw, once all calls have ended. *Complexity:* O(n) calls, and
/// O(n log n) iterator steps where the range has no random access.
template <std::ranges::forward_range Range, class F>
  requires std::invocable<F&, std::ranges::range_reference_t<Range>>
void pcall_each(Range&& range, F f) {
  detail::pcall_each_of(here().lane(), std::ranges::begin(range), std::ranges::distance(range), f);
}

}  // namespace beat::inline v0
