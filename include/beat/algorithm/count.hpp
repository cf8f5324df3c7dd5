#pragma once
// SPDX-License-Identifier: MIT
// parallel_count and parallel_count_if: how many elements match.

#include <cstddef>
#include <functional>
#include <iterator>
#include <ranges>
#include <utility>

#include <beat/algorithm/find.hpp>
#include <beat/algorithm/for_each.hpp>

namespace beat::inline v0 {

namespace detail {

/// Counts the elements of a stretch for which `predicate(projection(element))` holds.
template <class Iterator, class Predicate, class Projection>
struct count_body {
  using part = std::size_t;
  static constexpr bool is_independent = true;
  Iterator begin;
  Predicate& predicate;
  Projection& projection;

  BEAT_FORCE_INLINE void step(part& done, std::size_t i) {
    auto&& element = begin[static_cast<std::iter_difference_t<Iterator>>(i)];
    if (std::invoke(predicate, std::invoke(projection, std::forward<decltype(element)>(element)))) ++done;
  }
  void fold(part& done, std::size_t first, std::size_t last) {
    std::size_t sum = 0;  // a local, so that the compiler keeps it in a register
    for (; first != last; ++first) step(sum, first);
    done += sum;
  }
  void merge(part& done, part&& next) noexcept { done += next; }
};

template <execution_place Place, class Range, class Predicate, class Projection>
std::ranges::range_difference_t<Range> count_matches(Place&& place, Range& range, Predicate& predicate,
                                                     Projection& projection, loop_options const& options) {
  using body = count_body<std::ranges::iterator_t<Range>, Predicate, Projection>;
  auto const size = static_cast<std::size_t>(std::ranges::size(range));
  std::size_t sum = 0;
  run_at(place, [&](context where) {
    run_loop_by(where.lane(), size, body{std::ranges::begin(range), predicate, projection}, sum, options);
  });
  return static_cast<std::ranges::range_difference_t<Range>>(sum);
}

}  // namespace detail

/// For how many elements `predicate(proj(element))` holds.
/// *Throws:* one of the exceptions of `predicate` and `projection`, or what options.errors says, and then also
/// std::bad_alloc; error{cancelled} on a stop request.
/// *Complexity:* one call per element.
template <execution_place Place, splittable_range Range, class Projection = std::identity,
          element_predicate<Range, Projection> Predicate>
[[nodiscard("the number is the result")]] std::ranges::range_difference_t<Range> parallel_count_if(
    Place&& place, Range&& range, Predicate predicate, Projection projection = {}, loop_options const& options = {}) {
  return detail::count_matches(place, range, predicate, projection, options);
}

/// How many elements have `proj(element) == value`. *Throws, Complexity:* as parallel_count_if.
template <execution_place Place, splittable_range Range, class T, class Projection = std::identity>
  requires comparable_with_elements<T, Range, Projection>
[[nodiscard("the number is the result")]] std::ranges::range_difference_t<Range> parallel_count(
    Place&& place, Range&& range, T const& value, Projection projection = {}, loop_options const& options = {}) {
  detail::equal_to_value<T> predicate{value};
  return detail::count_matches(place, range, predicate, projection, options);
}

}  // namespace beat::inline v0
