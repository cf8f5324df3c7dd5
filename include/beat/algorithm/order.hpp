#pragma once
// SPDX-License-Identifier: MIT
// What the algorithms that put elements in order share: what the order is, whether it is cheap to ask for it, how a few
// elements are sorted, and whether the elements are in order already.

#include <algorithm>
#include <atomic>
#include <concepts>
#include <cstddef>
#include <functional>
#include <iterator>
#include <type_traits>
#include <utility>

#include <beat/algorithm/for_each.hpp>
#include <beat/task/join.hpp>

namespace beat::inline v0::detail {

/// Elements that cost less to move than a branch that is predicted wrongly.
template <class Iterator>
concept cheaply_moved =
    std::contiguous_iterator<Iterator> && std::is_trivially_copyable_v<std::iter_value_t<Iterator>> &&
    sizeof(std::iter_value_t<Iterator>) <= 2 * sizeof(void*);

template <class Compare, class Key>
concept arithmetic_order = std::is_arithmetic_v<Key> &&
                           (std::same_as<Compare, std::ranges::less> || std::same_as<Compare, std::ranges::greater> ||
                            std::same_as<Compare, std::less<>> || std::same_as<Compare, std::greater<>> ||
                            std::same_as<Compare, std::less<Key>> || std::same_as<Compare, std::greater<Key>>);

/// The order of elements: whether the one comes before the other.
template <class Compare, class Projection>
struct order_by {
  Compare& compare;
  Projection& projection;

  /// Whether it costs next to nothing, and throws nothing, to compare what `Iterator` points to.
  template <class Iterator>
  static constexpr bool is_cheap =
      arithmetic_order<Compare, std::remove_cvref_t<std::indirect_result_t<Projection&, Iterator>>> &&
      (std::same_as<Projection, std::identity> || std::is_member_object_pointer_v<Projection>);

  template <class A, class B>
  BEAT_FORCE_INLINE bool operator()(A&& a, B&& b) const {
    return std::invoke(compare, std::invoke(projection, std::forward<A>(a)),
                       std::invoke(projection, std::forward<B>(b)));
  }
};

/// Insertion sort; stable. It stays within its bounds even where the order makes no sense, as beyond them another
/// thread sorts. A comparison that throws loses no element.
template <class Iterator, class Order>
void sort_few(Iterator first, Iterator last, Order order) {
  for (Iterator next = first; next != last; ++next) {
    if (next == first || !order(*next, *std::prev(next))) continue;
    std::iter_value_t<Iterator> x = std::ranges::iter_move(next);
    Iterator hole = next;
    try {
      do {
        *hole = std::ranges::iter_move(std::prev(hole));
        --hole;
      } while (hole != first && order(x, *std::prev(hole)));
    } catch (...) {
      *hole = std::move(x);
      throw;
    }
    *hole = std::move(x);
  }
}

/// Whether `are_wrong(a, b)` holds for no two neighbours. Nearly free where it holds for some near the front.
/// `IsCheap`: it costs less to ask than to stop asking.
template <bool IsCheap, class Iterator, class AreWrong>
bool is_right_everywhere(context where, Iterator first, Iterator last, AreWrong are_wrong) {
  constexpr std::iter_difference_t<Iterator> few = 1 << 12;
  auto const is_right = [&](Iterator begin, Iterator end) { return std::adjacent_find(begin, end, are_wrong) == end; };
  if (last - first <= few) return is_right(first, last);
  if (!is_right(first, first + few)) return false;
  std::atomic<bool> is_wrong{false};  // set and read by all threads: the others may end
  first += few - 1;
  auto const parts = static_cast<std::size_t>((last - first + few - 1) / few);
  auto const check = [&](std::size_t part) {
    if (is_wrong.load(std::memory_order_relaxed)) return;
    Iterator begin = first + static_cast<std::iter_difference_t<Iterator>>(part) * few;
    Iterator const end = last - begin > few ? begin + few + 1 : last;
    bool wrong = false;
    if constexpr (IsCheap)
      for (; begin != end - 1; ++begin) wrong |= are_wrong(*begin, *(begin + 1));
    else
      wrong = !is_right(begin, end);
    if (wrong) is_wrong.store(true, std::memory_order_relaxed);
  };
  for_each_index(where, parts, check, {});
  return !is_wrong.load(std::memory_order_relaxed);
}

/// Puts a range in order that is so already, or exactly the other way round: returns whether it was one of these. Where
/// the sort is to be stable, no two neighbours may be equal in the second case.
template <bool IsStable, class Iterator, class Order>
bool is_sorted_soon(context where, Iterator first, Iterator last, Order order) {
  if (last - first < 2) return true;
  constexpr bool is_cheap = cheaply_moved<Iterator> && Order::template is_cheap<Iterator>;
  if (!order(*std::prev(last), *first))
    return is_right_everywhere<is_cheap>(where, first, last, [&](auto& a, auto& b) { return order(b, a); });
  if (!is_right_everywhere<is_cheap>(where, first, last,
                                     [&](auto& a, auto& b) { return IsStable ? !order(b, a) : order(a, b); }))
    return false;
  auto const swap = [&](std::size_t i) {
    auto const step = static_cast<std::iter_difference_t<Iterator>>(i);
    std::ranges::iter_swap(first + step, last - 1 - step);
  };
  for_each_index(where, static_cast<std::size_t>(last - first) / 2, swap, {});
  return true;
}

}  // namespace beat::inline v0::detail
