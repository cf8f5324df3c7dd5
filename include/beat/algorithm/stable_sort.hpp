#pragma once
// SPDX-License-Identifier: MIT
// parallel_stable_sort: a merge sort between the range and a buffer of its size, whose halves are sorted in parallel
// and merged in parallel. Invariant: each step ends with all of its elements where its result belongs; where it throws,
// in another order.

#include <algorithm>
#include <cstddef>
#include <functional>
#include <iterator>
#include <memory>
#include <ranges>
#include <type_traits>
#include <utility>
#include <vector>

#include <beat/algorithm/merge.hpp>
#include <beat/algorithm/order.hpp>
#include <beat/algorithm/sort.hpp>

namespace beat::inline v0 {

namespace detail {

template <class Compare, class Projection>
class stable_sorter {
 public:
  using order = order_by<Compare, Projection>;

  stable_sorter(Compare& compare, Projection& projection, loop_control& control) noexcept
      : order_{compare, projection}, control_{control} {}

  bool is_sorted_soon(context where, auto first, auto last) {
    return detail::is_sorted_soon<true>(where, first, last, order_);
  }

  /// Sorts the `size` elements at `from`, which end up there or at `to`.
  template <class From, class To>
  void sort(context where, From from, To to, std::size_t size, bool ends_at_to) {
    if (size <= few) return sort_leaf(from, to, size, ends_at_to);
    std::size_t const half = size / 2;
    try {
      join(
          where, [&](context there) { sort(there, from, to, half, !ends_at_to); },
          [&](context there) { sort(there, at(from, half), at(to, half), size - half, !ends_at_to); });
    } catch (...) {
      if (ends_at_to)
        std::ranges::move(from, at(from, size), to);
      else
        std::ranges::move(to, at(to, size), from);
      throw;
    }
    if (ends_at_to)
      merge(where, merge_input<From, From>{from, at(from, half), at(from, half), at(from, size)}, to);
    else
      merge(where, merge_input<To, To>{to, at(to, half), at(to, half), at(to, size)}, from);
  }

 private:
  static constexpr std::size_t few = 16;          // are sorted by insertion
  static constexpr std::size_t piece = 1U << 13;  // is merged by one worker

  template <class Iterator>
  static Iterator at(Iterator first, std::size_t index) {
    return first + static_cast<std::iter_difference_t<Iterator>>(index);
  }

  template <class From, class To>
  void sort_leaf(From from, To to, std::size_t size, bool ends_at_to) {
    auto const finish = [&] {
      if (ends_at_to) std::ranges::move(from, at(from, size), to);
    };
    try {
      if (!control_.gives_up()) sort_few(from, at(from, size), order_);
    } catch (...) {
      control_.abandon();
      finish();
      throw;
    }
    finish();
  }

  template <class From, class To>
  void merge(context where, merge_input<From, From> in, To to) {
    using kernel = merger<true, From, From, To, order>;
    if (control_.gives_up()) return kernel::take_all(in, to);
    std::size_t const size = in.size();
    merge_input<From, From> lower = in;
    try {
      if (in.a == in.a_end || in.b == in.b_end || !order_(*in.b, *std::prev(in.a_end))) return kernel::take_all(in, to);
      if (size <= piece) return kernel::merge(in, to, size, order_);
      lower = cut_off(in, size / 2, order_);
    } catch (...) {
      control_.abandon();
      kernel::take_all(in, to);
      throw;
    }
    join(
        where, [&](context there) { merge(there, lower, to); },
        [&](context there) { merge(there, in, at(to, size / 2)); });
  }

  order order_;
  loop_control& control_;
};

}  // namespace detail

/// Sorts `range` in place by `compare(proj(a), proj(b))`, in parallel; equal elements keep their order.
/// *Throws:* std::bad_alloc before anything is moved; one of the exceptions of `compare` and `projection`,
/// error{cancelled} on a stop request: then all elements are there, in an unspecified order. An element whose own move
/// throws may be lost, and others with it.
/// *Complexity:* O(n log n) comparisons; a buffer for n elements.
template <execution_place Place, std::ranges::range Range, class Compare = std::ranges::less,
          class Projection = std::identity>
  requires sortable_range<Range, Compare, Projection>
void parallel_stable_sort(Place&& place, Range&& range, Compare compare = {}, Projection projection = {},
                          loop_options const& options = {}) {
  using value = std::ranges::range_value_t<Range>;
  auto const size = static_cast<std::size_t>(std::ranges::size(range));
  auto const first = std::ranges::begin(range);
  auto const last = first + static_cast<std::ranges::range_difference_t<Range>>(size);
  detail::loop_control control{options.stop};
  if (control.gives_up()) control.check();
  detail::run_at(place, [&](context where) {
    detail::stable_sorter<Compare, Projection> sorter{compare, projection, control};
    if (sorter.is_sorted_soon(where, first, last)) return;
    if constexpr (std::is_trivially_copyable_v<value> && std::is_trivially_default_constructible_v<value>) {
      auto const buffer = std::make_unique_for_overwrite<value[]>(size);
      sorter.sort(where, first, buffer.get(), size, false);
    } else {
      std::vector<value> buffer;
      buffer.reserve(size);
      for (auto i = first; i != last; ++i) buffer.push_back(std::ranges::iter_move(i));
      sorter.sort(where, buffer.data(), first, size, true);
    }
  });
  control.check();
}

}  // namespace beat::inline v0
