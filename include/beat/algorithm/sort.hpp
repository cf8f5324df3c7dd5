#pragma once
// SPDX-License-Identifier: MIT
// parallel_sort: a quicksort whose two sides are forked, down to a few elements. Where comparing is cheap it partitions
// without branches. The first partitions, which come before there is anything to fork, are divided among the workers.
// Source: pattern-defeating quicksort (O. Peters, 2021) for equal elements and the bound on bad pivots.

#include <algorithm>
#include <bit>
#include <cstddef>
#include <functional>
#include <iterator>
#include <ranges>
#include <utility>

#include <beat/algorithm/for_each.hpp>
#include <beat/algorithm/order.hpp>
#include <beat/algorithm/partition.hpp>
#include <beat/task/join.hpp>

namespace beat::inline v0 {

/// A range whose elements parallel_sort can put in order: it can be cut anywhere, and its elements can be moved, and
/// compared as `compare(proj(a), proj(b))`.
template <class Range, class Compare, class Projection>
concept sortable_range = splittable_range<Range> && std::sortable<std::ranges::iterator_t<Range>, Compare, Projection>;

namespace detail {

template <class Iterator, class Compare, class Projection>
class sorter {
 public:
  sorter(Compare& compare, Projection& projection, loop_control& control) noexcept
      : is_less_{compare, projection}, control_{control} {}

  /// What is still to be sorted.
  struct stretch {
    Iterator first, last;
    unsigned depth;  // so many further partitions, then the pivots were bad too often
    unsigned parts;  // in how many parts the partition is divided
    bool has_lower;  // the element before the first is a pivot, so none of these is less than it

    std::size_t size() const noexcept { return static_cast<std::size_t>(last - first); }
  };

  void sort(context where, stretch s) {
    if (control_.gives_up()) return;
    try {
      if (s.size() <= few) return sort_few(s.first, s.last, is_less_);
      if (s.depth == 0)  // heap sort
        return std::partial_sort(s.first, s.last, s.last, is_less_);
      choose_pivot(s);
      --s.depth;
      bool const equal = s.has_lower && !is_less_(*std::prev(s.first), *s.first);
      Iterator const middle =
          equal ? partition(where, s, [this](auto& pivot, auto& x) { return !this->is_less_(pivot, x); })
                : partition(where, s, [this](auto& pivot, auto& x) { return this->is_less_(x, pivot); });
      s.parts = (s.parts + 1) / 2;
      stretch const upper{middle, s.last, s.depth, s.parts, true};
      if (equal) return sort(where, upper);
      std::iter_swap(s.first, std::prev(middle));
      stretch const lower{s.first, std::prev(middle), s.depth, s.parts, s.has_lower};
      join(where, [&](context there) { sort(there, lower); }, [&](context there) { sort(there, upper); });
    } catch (...) {
      control_.abandon();
      throw;
    }
  }

 private:
  using value = std::iter_value_t<Iterator>;
  using order = order_by<Compare, Projection>;
  static constexpr bool is_cheap = cheaply_moved<Iterator> && order::template is_cheap<Iterator>;
  static constexpr std::size_t few = 16;  // are sorted by insertion

  /// Of three places the one with the element in the middle.
  Iterator median(Iterator a, Iterator b, Iterator c) {
    if (is_less_(*b, *a)) std::swap(a, b);
    if (!is_less_(*c, *b)) return b;
    return is_less_(*c, *a) ? a : c;
  }

  /// Brings an element from about the middle of the order to the front.
  void choose_pivot(stretch const& s) {
    auto const step = (s.last - s.first) / 8;
    auto const near = [&](std::iter_difference_t<Iterator> eighths) {
      Iterator const at = s.first + eighths * step;
      return median(at - 1, at, at + 1);
    };
    std::iter_swap(s.first, median(near(1 + (step < 3)), near(4), near(7 - (step < 3))));
  }

  /// Brings to the front those x for which belongs(pivot, x), where the pivot is the first element, which stays.
  /// Returns where the others begin.
  template <class Belongs>
  Iterator partition(context where, stretch const& s, Belongs belongs) {
    if constexpr (is_cheap) {
      value const pivot = *s.first;  // in a register
      return divide<is_cheap>(where, std::next(s.first), s.last, s.parts, [&](auto& x) { return belongs(pivot, x); });
    } else {
      return divide<is_cheap>(where, std::next(s.first), s.last, s.parts,
                              [&](auto& x) { return belongs(*s.first, x); });
    }
  }

  order is_less_;
  loop_control& control_;
};

}  // namespace detail

/// Sorts `range` in place by `compare(proj(a), proj(b))`, in parallel. Equal elements may change their order.
/// *Throws:* one of the exceptions of `compare` and `projection`, error{cancelled} on a stop request: then the order is
/// unspecified, and the element whose move or comparison threw may be lost, as with std::sort.
/// *Complexity:* O(n log n) comparisons; no memory but O(log n) of stack.
template <execution_place Place, std::ranges::range Range, class Compare = std::ranges::less,
          class Projection = std::identity>
  requires sortable_range<Range, Compare, Projection>
void parallel_sort(Place&& place, Range&& range, Compare compare = {}, Projection projection = {},
                   loop_options const& options = {}) {
  detail::loop_control control{options.stop};
  auto const size = static_cast<std::size_t>(std::ranges::size(range));
  auto const first = std::ranges::begin(range);
  using iterator = std::ranges::iterator_t<Range>;
  auto const last = first + static_cast<std::iter_difference_t<iterator>>(size);
  detail::order_by<Compare, Projection> const is_less{compare, projection};
  if (control.gives_up()) control.check();
  detail::run_at(place, [&](context where) {
    if (detail::is_sorted_soon<false>(where, first, last, is_less)) return;
    detail::sorter<iterator, Compare, Projection>{compare, projection, control}.sort(
        where, {first, last, 2 * static_cast<unsigned>(std::bit_width(size)), where.lane().concurrency(), false});
  });
  control.check();
}

}  // namespace beat::inline v0
