#pragma once
// SPDX-License-Identifier: MIT
// parallel_min_element, parallel_max_element and parallel_minmax_element: of equal elements the one that std::ranges
// takes, which is the first; but the last as the greatest of a minmax.

#include <algorithm>
#include <cstddef>
#include <functional>
#include <iterator>
#include <optional>
#include <ranges>
#include <utility>

#include <beat/algorithm/find.hpp>
#include <beat/algorithm/for_each.hpp>

namespace beat::inline v0 {

/// An order of what `Projection` makes of elements, asked by several threads at once.
template <class Compare, class Range, class Projection>
concept element_order =
    std::indirect_strict_weak_order<Compare, std::projected<std::ranges::iterator_t<Range>, Projection>>;

namespace detail {

/// Compares elements by their positions.
template <class Iterator, class Compare, class Projection>
struct position_order {
  Iterator begin;
  Compare& compare;
  Projection& projection;

  BEAT_FORCE_INLINE bool operator()(std::size_t a, std::size_t b) const {
    return static_cast<bool>(std::invoke(compare, std::invoke(projection, at(a)), std::invoke(projection, at(b))));
  }
  BEAT_FORCE_INLINE decltype(auto) at(std::size_t i) const {
    return begin[static_cast<std::iter_difference_t<Iterator>>(i)];
  }
};

/// Keeps the first of the least elements of a stretch, or where `Greatest` the first of the greatest.
template <class Order, bool Greatest>
struct extreme_body {
  using part = std::optional<std::size_t>;
  Order is_less;

  BEAT_FORCE_INLINE bool replaces(std::size_t next, std::size_t best) {
    return Greatest ? is_less(best, next) : is_less(next, best);
  }

  void step(part& best, std::size_t i) {
    if (!best || replaces(i, *best)) best = i;
  }
  void fold(part& done, std::size_t first, std::size_t last) {
    std::size_t best = done ? *done : first++;  // a local, so that the compiler keeps it in a register
    for (; first != last; ++first)
      if (replaces(first, best)) best = first;
    done = best;
  }
  void merge(part& done, part&& next) {
    if (next) step(done, *next);
  }
};

struct extremes {
  std::size_t least, greatest;
};

/// Keeps the first of the least elements of a stretch, and the last of the greatest.
template <class Order>
struct extremes_body {
  using part = std::optional<extremes>;
  Order is_less;

  BEAT_FORCE_INLINE void add(extremes& best, std::size_t small, std::size_t large) {
    if (is_less(small, best.least)) best.least = small;
    if (!is_less(large, best.greatest)) best.greatest = large;
  }

  void step(part& done, std::size_t i) {
    if (done)
      add(*done, i, i);
    else
      done = extremes{i, i};
  }
  /// Three comparisons for two elements.
  void fold(part& done, std::size_t first, std::size_t last) {
    extremes best = done ? *done : extremes{first, first};
    if (!done) ++first;
    for (; last - first >= 2; first += 2) {
      if (is_less(first + 1, first))
        add(best, first + 1, first);
      else
        add(best, first, first + 1);
    }
    if (first != last) add(best, first, first);
    done = best;
  }
  void merge(part& done, part&& next) {
    if (!next) return;
    if (done)
      add(*done, next->least, next->greatest);
    else
      done = next;
  }
};

/// Goes over all elements; empty where there is none.
template <template <class> class Body, execution_place Place, class Range, class Compare, class Projection>
auto best_of(Place&& place, Range& range, Compare& compare, Projection& projection, loop_options const& options) {
  using order = position_order<std::ranges::iterator_t<Range>, Compare, Projection>;
  auto const size = static_cast<std::size_t>(std::ranges::size(range));
  typename Body<order>::part best;
  run_at(place, [&](context where) {
    run_loop(where.lane(), size, Body<order>{{std::ranges::begin(range), compare, projection}}, best, options);
  });
  return best;
}

template <class Order>
struct least_body : extreme_body<Order, false> {};
template <class Order>
struct greatest_body : extreme_body<Order, true> {};

}  // namespace detail

/// The first of the least elements, or the end of an empty range. The order is `compare(proj(a), proj(b))`.
/// *Throws:* one of the exceptions of `compare` and `projection`; error{cancelled} on a stop request.
/// *Complexity:* n - 1 comparisons.
template <execution_place Place, splittable_range Range, class Projection = std::identity,
          element_order<Range, Projection> Compare = std::ranges::less>
[[nodiscard("the iterator is the result")]] std::ranges::borrowed_iterator_t<Range> parallel_min_element(
    Place&& place, Range&& range, Compare compare = {}, Projection projection = {}, loop_options const& options = {}) {
  auto const best = detail::best_of<detail::least_body>(place, range, compare, projection, options);
  return detail::iterator_at<Range>(range, best.value_or(0));
}

/// The first of the greatest elements, or the end of an empty range. *Throws, Complexity:* as parallel_min_element.
template <execution_place Place, splittable_range Range, class Projection = std::identity,
          element_order<Range, Projection> Compare = std::ranges::less>
[[nodiscard("the iterator is the result")]] std::ranges::borrowed_iterator_t<Range> parallel_max_element(
    Place&& place, Range&& range, Compare compare = {}, Projection projection = {}, loop_options const& options = {}) {
  auto const best = detail::best_of<detail::greatest_body>(place, range, compare, projection, options);
  return detail::iterator_at<Range>(range, best.value_or(0));
}

/// The first of the least elements and the last of the greatest, or twice the end of an empty range.
/// *Throws:* as parallel_min_element. *Complexity:* about 3 n / 2 comparisons.
template <execution_place Place, splittable_range Range, class Projection = std::identity,
          element_order<Range, Projection> Compare = std::ranges::less>
[[nodiscard(
    "the iterators are the result")]] std::ranges::minmax_element_result<std::ranges::borrowed_iterator_t<Range>>
parallel_minmax_element(Place&& place, Range&& range, Compare compare = {}, Projection projection = {},
                        loop_options const& options = {}) {
  auto const best = detail::best_of<detail::extremes_body>(place, range, compare, projection, options)
                        .value_or(detail::extremes{0, 0});
  return {detail::iterator_at<Range>(range, best.least), detail::iterator_at<Range>(range, best.greatest)};
}

}  // namespace beat::inline v0
