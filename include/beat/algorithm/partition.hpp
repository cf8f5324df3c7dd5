#pragma once
// SPDX-License-Identifier: MIT
// parallel_partition and parallel_stable_partition: the elements that satisfy a predicate come before the others.

#include <algorithm>
#include <cstddef>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <ranges>
#include <type_traits>
#include <utility>
#include <vector>

#include <beat/algorithm/filter.hpp>
#include <beat/algorithm/for_each.hpp>
#include <beat/algorithm/order.hpp>
#include <beat/task/join.hpp>

namespace beat::inline v0 {

/// A range whose elements can be moved within it.
template <class Range>
concept permutable_range = splittable_range<Range> && std::permutable<std::ranges::iterator_t<Range>>;

namespace detail {

/// std::partition in place.
template <bool IsBranchless, class Iterator, class Belongs>
Iterator divide_alone(Iterator first, Iterator last, Belongs const& belongs) {
  if constexpr (IsBranchless) {
    Iterator boundary = first;
    for (; first != last; ++first) {
      std::iter_value_t<Iterator> const x = *first;
      *first = *boundary;
      *boundary = x;
      boundary += belongs(x) ? 1 : 0;
    }
    return boundary;
  } else {
    return std::ranges::partition(first, last, std::cref(belongs)).begin();
  }
}

/// The same in so many parts, each of at least `least` elements: both halves, then what is on the wrong side is
/// swapped.
template <bool IsBranchless, class Iterator, class Belongs>
Iterator divide(context where, Iterator first, Iterator last, unsigned parts, Belongs const& belongs,
                std::size_t least = 1 << 15) {
  auto const size = last - first;
  if (parts < 2 || static_cast<std::size_t>(size) / 2 < least) return divide_alone<IsBranchless>(first, last, belongs);
  Iterator const middle = first + size / 2;
  auto const [lower, upper] = join(
      where, [&](context there) { return divide<IsBranchless>(there, first, middle, parts / 2, belongs, least); },
      [&](context there) { return divide<IsBranchless>(there, middle, last, parts - parts / 2, belongs, least); });
  auto const misplaced = std::min(middle - lower, upper - middle);
  auto const swap = [from = lower, to = upper - misplaced](std::size_t i) {
    auto const step = static_cast<std::iter_difference_t<Iterator>>(i);
    std::ranges::iter_swap(from + step, to + step);
  };
  for_each_index(where, static_cast<std::size_t>(misplaced), swap, {});
  return lower + (upper - middle);
}

/// Moves the elements to where they belong, by way of a buffer, given which ones come first.
template <class Iterator>
class stable_partition {
  using value = std::iter_value_t<Iterator>;
  static constexpr bool is_plain =
      std::is_trivially_copyable_v<value> && std::is_trivially_default_constructible_v<value>;
  static constexpr std::size_t chunk = 1 << 12;

 public:
  stable_partition(Iterator first, std::size_t size, bool const* is_first)
      : first_{first}, size_{size}, is_first_{is_first}, before_((size + chunk - 1) / chunk) {}

  /// Returns how many come first.
  std::size_t run(context where) {
    for_each_index(where, before_.size(), [this](std::size_t c) { before_[c] = count(c); }, {});
    std::size_t total = 0;
    for (std::size_t& b : before_) total += std::exchange(b, total);
    if (total == 0 || total == size_) return total;
    if constexpr (is_plain) {
      auto const buffer = std::make_unique_for_overwrite<value[]>(size_);
      move(where, total, [&](std::size_t i) -> value& { return buffer[i]; });
    } else {
      std::vector<std::optional<value>> buffer(size_);
      move(where, total, [&](std::size_t i) -> std::optional<value>& { return buffer[i]; });
    }
    return total;
  }

 private:
  Iterator at(std::size_t i) const { return first_ + static_cast<std::iter_difference_t<Iterator>>(i); }
  std::size_t end_of(std::size_t c) const { return std::min(size_, (c + 1) * chunk); }

  std::size_t count(std::size_t c) const {
    return static_cast<std::size_t>(std::count(is_first_ + c * chunk, is_first_ + end_of(c), true));
  }

  template <class Buffer>
  void move(context where, std::size_t total, Buffer buffer) {
    auto const there = [&](std::size_t c) {
      std::size_t next = before_[c], next_other = total + c * chunk - next;
      for (std::size_t i = c * chunk; i < end_of(c); ++i)
        buffer(is_first_[i] ? next++ : next_other++) = std::ranges::iter_move(at(i));
    };
    auto const back = [&](std::size_t i) {
      if constexpr (is_plain)
        *at(i) = buffer(i);
      else
        *at(i) = *std::move(buffer(i));
    };
    for_each_index(where, before_.size(), there, {});
    for_each_index(where, size_, back, {});
  }

  Iterator first_;
  std::size_t size_;
  bool const* is_first_;
  std::vector<std::size_t> before_;  // how many come first before each chunk; at first, in it
};

}  // namespace detail

/// Brings the elements for which `predicate(proj(element))` holds to the front of `range`, in parallel, and returns how
/// many there are. Elements change their order.
/// *Throws:* one of the exceptions of `predicate` and `projection`, error{cancelled} on a stop request: then all
/// elements are there, in an unspecified order. An element whose own move throws may be lost. *Complexity:* one call
/// per element; no memory.
template <execution_place Place, permutable_range Range, class Predicate, class Projection = std::identity>
  requires element_predicate<Predicate, Range, Projection>
std::size_t parallel_partition(Place&& place, Range&& range, Predicate predicate, Projection projection = {},
                               loop_options const& options = {}) {
  using iterator = std::ranges::iterator_t<Range>;
  auto const first = std::ranges::begin(range);
  auto const last = first + static_cast<std::iter_difference_t<iterator>>(std::ranges::size(range));
  detail::loop_control control{options.stop};
  auto const belongs = [&](auto& element) -> bool {
    if (control.gives_up()) return false;
    try {
      return std::invoke(predicate, std::invoke(projection, element));
    } catch (...) {
      control.abandon();
      throw;
    }
  };
  std::size_t const count = detail::run_at(place, [&](context where) {
    constexpr std::size_t least = 1 << 9;  // a predicate may be dear
    unsigned const workers = where.lane().concurrency();
    unsigned const parts = workers < 2 ? 1 : 8 * workers;
    return static_cast<std::size_t>(
        detail::divide<detail::cheaply_moved<iterator>>(where, first, last, parts, belongs, least) - first);
  });
  control.check();
  return count;
}

/// The same, where elements keep their order.
/// *Throws:* one of the exceptions of `predicate` and `projection`, error{cancelled} on a stop request, std::bad_alloc:
/// before any element is moved. An element whose own move throws may be lost, and others with it.
/// *Complexity:* one call per element; a buffer for n elements.
template <execution_place Place, permutable_range Range, class Predicate, class Projection = std::identity>
  requires element_predicate<Predicate, Range, Projection>
std::size_t parallel_stable_partition(Place&& place, Range&& range, Predicate predicate, Projection projection = {},
                                      loop_options const& options = {}) {
  using iterator = std::ranges::iterator_t<Range>;
  auto const size = static_cast<std::size_t>(std::ranges::size(range));
  iterator const first = std::ranges::begin(range);
  auto const is_first = std::make_unique_for_overwrite<bool[]>(size);
  auto const ask = [&](std::size_t i) {
    is_first[i] =
        std::invoke(predicate, std::invoke(projection, first[static_cast<std::iter_difference_t<iterator>>(i)]));
  };
  return detail::run_at(place, [&](context where) {
    detail::for_each_index(where, size, ask, options);
    return detail::stable_partition<iterator>{first, size, is_first.get()}.run(where);
  });
}

}  // namespace beat::inline v0
