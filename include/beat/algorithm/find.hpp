#pragma once
// SPDX-License-Identifier: MIT
// parallel_find and its kin: the first element that matches, or whether there is one. Elements are begun in about their
// order, so a match near the front is found soon, on any number of workers.

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <functional>
#include <iterator>
#include <ranges>
#include <utility>

#include <beat/algorithm/for_each.hpp>
#include <beat/algorithm/search.hpp>
#include <beat/task/place.hpp>

namespace beat::inline v0 {

/// A value that what `Projection` makes of an element can be compared with.
template <class T, class Range, class Projection>
concept comparable_with_elements =
    std::indirect_binary_predicate<std::ranges::equal_to, std::projected<std::ranges::iterator_t<Range>, Projection>,
                                   T const*>;

namespace detail {

/// Equal to a value that lives elsewhere.
template <class T>
struct equal_to_value {
  T const& value;

  template <class U>
  BEAT_FORCE_INLINE bool operator()(U&& element) const {
    return static_cast<bool>(std::forward<U>(element) == value);
  }
};

/// Whole numbers side by side, which the processor can compare many at a time.
template <class Range, class T, class Projection>
concept comparable_at_once = std::ranges::contiguous_range<Range> && std::same_as<Projection, std::identity> &&
                             std::integral<T> && std::same_as<std::ranges::range_value_t<Range>, T>;

/// Finds a number among such ones.
template <class T>
struct equal_number {
  T const* data;
  T value;

  bool operator()(std::size_t i) const noexcept { return data[i] == value; }

  std::size_t find(std::size_t first, std::size_t last) const noexcept {
    constexpr std::size_t at_once = 256 / sizeof(T);
    while (last - first >= at_once && !is_among(data + first, at_once)) first += at_once;
    while (first != last && data[first] != value) ++first;
    return first;
  }

  /// Without a branch for each, so that the compiler takes vectors.
  BEAT_FORCE_INLINE bool is_among(T const* numbers, std::size_t count) const noexcept {
    T found = 0;
    for (std::size_t i = 0; i < count; ++i) found = static_cast<T>(found | static_cast<T>(numbers[i] == value));
    return found != 0;
  }
};

/// The position of the first element for which `predicate(proj(element)) == Wanted`, or the size.
template <bool Wanted, execution_place Place, class Range, class Predicate, class Projection>
std::size_t find_position(Place&& place, Range& range, Predicate& predicate, Projection& projection,
                          loop_options const& options) {
  using iterator = std::ranges::iterator_t<Range>;
  auto const size = static_cast<std::size_t>(std::ranges::size(range));
  auto const matches = [begin = std::ranges::begin(range), &predicate, &projection](std::size_t i) {
    return static_cast<bool>(std::invoke(
               predicate, std::invoke(projection, begin[static_cast<std::iter_difference_t<iterator>>(i)]))) == Wanted;
  };
  return run_at(place, [&](context where) { return run_search(where.lane(), size, matches, options.stop); });
}

template <bool Wanted, execution_place Place, class Range, class Predicate, class Projection>
bool contains(Place&& place, Range& range, Predicate& predicate, Projection& projection, loop_options const& options) {
  return find_position<Wanted>(place, range, predicate, projection, options) !=
         static_cast<std::size_t>(std::ranges::size(range));
}

/// The iterator to a position.
template <class Range>
std::ranges::borrowed_iterator_t<Range> iterator_at(Range& range, std::size_t position) {
  return std::ranges::begin(range) + static_cast<std::ranges::range_difference_t<Range>>(position);
}

}  // namespace detail

/// The first element for which `predicate(proj(element))` holds, or the end: the one that std::ranges::find_if finds.
/// *Throws:* what `predicate` or `projection` throw first by index, where that is before the match; error{cancelled} on
/// a stop request. *Complexity:* one call per element up to the match; behind it, what was begun before it was found:
/// at most one block per worker, which takes about as long as the search took until then, and 64 µs at most.
template <execution_place Place, splittable_range Range, class Projection = std::identity,
          element_predicate<Range, Projection> Predicate>
[[nodiscard("the iterator is the result")]] std::ranges::borrowed_iterator_t<Range> parallel_find_if(
    Place&& place, Range&& range, Predicate predicate, Projection projection = {}, loop_options const& options = {}) {
  return detail::iterator_at<Range>(range, detail::find_position<true>(place, range, predicate, projection, options));
}

/// The first element with `proj(element) == value`, or the end. *Throws, Complexity:* as parallel_find_if.
template <execution_place Place, splittable_range Range, class T, class Projection = std::identity>
  requires comparable_with_elements<T, Range, Projection>
[[nodiscard("the iterator is the result")]] std::ranges::borrowed_iterator_t<Range> parallel_find(
    Place&& place, Range&& range, T const& value, Projection projection = {}, loop_options const& options = {}) {
  if constexpr (detail::comparable_at_once<Range, T, Projection>) {
    auto const size = static_cast<std::size_t>(std::ranges::size(range));
    detail::equal_number<T> const matches{std::ranges::data(range), value};
    auto const search = [&](context where) { return detail::run_search(where.lane(), size, matches, options.stop); };
    return detail::iterator_at<Range>(range, detail::run_at(place, search));
  } else {
    detail::equal_to_value<T> predicate{value};
    return detail::iterator_at<Range>(range, detail::find_position<true>(place, range, predicate, projection, options));
  }
}

/// Whether `predicate(proj(element))` holds for some element. *Throws, Complexity:* as parallel_find_if.
template <execution_place Place, splittable_range Range, class Projection = std::identity,
          element_predicate<Range, Projection> Predicate>
[[nodiscard("the answer is the result")]] bool parallel_any_of(Place&& place, Range&& range, Predicate predicate,
                                                               Projection projection = {},
                                                               loop_options const& options = {}) {
  return detail::contains<true>(place, range, predicate, projection, options);
}

/// Whether `predicate(proj(element))` holds for all elements. *Throws, Complexity:* as parallel_find_if.
template <execution_place Place, splittable_range Range, class Projection = std::identity,
          element_predicate<Range, Projection> Predicate>
[[nodiscard("the answer is the result")]] bool parallel_all_of(Place&& place, Range&& range, Predicate predicate,
                                                               Projection projection = {},
                                                               loop_options const& options = {}) {
  return !detail::contains<false>(place, range, predicate, projection, options);
}

/// Whether `predicate(proj(element))` holds for no element. *Throws, Complexity:* as parallel_find_if.
template <execution_place Place, splittable_range Range, class Projection = std::identity,
          element_predicate<Range, Projection> Predicate>
[[nodiscard("the answer is the result")]] bool parallel_none_of(Place&& place, Range&& range, Predicate predicate,
                                                                Projection projection = {},
                                                                loop_options const& options = {}) {
  return !detail::contains<true>(place, range, predicate, projection, options);
}

}  // namespace beat::inline v0
