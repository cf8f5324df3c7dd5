#pragma once
// SPDX-License-Identifier: MIT
// parallel_for over an index range, and parallel_for_each over a range's elements.

#include <concepts>
#include <cstddef>
#include <functional>
#include <iterator>
#include <ranges>
#include <type_traits>
#include <utility>

#include <beat/algorithm/loop.hpp>
#include <beat/algorithm/loop_options.hpp>
#include <beat/algorithm/planned_loop.hpp>
#include <beat/base/error.hpp>
#include <beat/task/place.hpp>

namespace beat::inline v0 {

/// A range that can be cut anywhere at no cost: random access, and a size.
template <class R>
concept splittable_range = std::ranges::random_access_range<R> && std::ranges::sized_range<R>;

/// A function of one index, called from several threads at once.
template <class F, class Index>
concept index_body = std::integral<Index> && std::invocable<F&, Index>;

/// A function of one element, called from several threads at once.
template <class F, class R>
concept element_body = std::invocable<F&, std::ranges::range_reference_t<R>>;

/// A condition on what `Projection` makes of an element, asked by several threads at once.
template <class Predicate, class Range, class Projection>
concept element_predicate =
    std::indirect_unary_predicate<Predicate, std::projected<std::ranges::iterator_t<Range>, Projection>>;

namespace detail {

/// Calls `f(i)` for each i of a stretch, in order.
template <class F>
struct each_index {
  struct part {};
  F& f;

  BEAT_FORCE_INLINE void step(part&, std::size_t i) { f(i); }
  void fold(part&, std::size_t first, std::size_t last) {
    for (; first != last; ++first) f(first);
  }
  void merge(part&, part&&) noexcept {}
};

template <execution_place Place, class F>
void for_each_index(Place&& place, std::size_t size, F&& f, loop_options const& options) {
  using body = each_index<std::remove_reference_t<F>>;
  run_at(place, [&](context where) {
    typename body::part nothing;
    if (options.are_plain()) return run_loop(where.lane(), size, body{f}, nothing, options);
    throw_collected(run_planned(where.lane(), size, body{f}, options), size, options.errors);
  });
}

}  // namespace detail

/// Calls `f(i)` for each `i` in [first, last), in parallel and in no order that could be relied on.
/// *Throws:* one of the exceptions of `f`, after what had begun has ended, or what options.errors says, and then also
/// std::bad_alloc; error{cancelled} on a stop request;
/// error{invalid_argument} where `first` is negative and the common type of both bounds can't say so.
/// *Complexity:* last - first calls.
template <execution_place Place, std::integral First, std::integral Last, class F>
  requires index_body<F, std::common_type_t<First, Last>>
void parallel_for(Place&& place, First first, Last last, F f, loop_options const& options = {}) {
  using index = std::common_type_t<First, Last>;
  if (!std::cmp_less(first, last)) return;
  if (std::cmp_less(first, 0) && std::is_unsigned_v<index>)
    detail::throw_error(errc::invalid_argument, "parallel_for from a negative to an unsigned index: cast one of them");
  auto const offset = static_cast<std::size_t>(first);
  auto const body = [&f, offset](std::size_t i) { f(static_cast<index>(offset + i)); };
  detail::for_each_index(place, static_cast<std::size_t>(last) - offset, body, options);
}

/// Calls `f(element)` for each element of `range`, in parallel and in no order that could be relied on.
/// *Throws:* as parallel_for. *Complexity:* one call per element.
template <execution_place Place, splittable_range Range, class F>
  requires element_body<F, Range>
void parallel_for_each(Place&& place, Range&& range, F f, loop_options const& options = {}) {
  auto const begin = std::ranges::begin(range);
  using step = std::iter_difference_t<decltype(begin)>;
  auto const body = [&f, &begin](std::size_t i) { std::invoke(f, begin[static_cast<step>(i)]); };
  detail::for_each_index(place, static_cast<std::size_t>(std::ranges::size(range)), body, options);
}

}  // namespace beat::inline v0
