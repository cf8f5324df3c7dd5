#pragma once
// SPDX-License-Identifier: MIT
// parallel_merge: two sorted ranges into a third. It is cut at places of the output: a binary search says how many
// elements of each range come before such a place, so that the parts are as long as wanted, whatever the elements are.
// Source: the merge path (Odeh, Green, Mwassi, Shmueli, Birk, 2012), and co-ranking (Siebert, Träff, 2014).

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <optional>
#include <ranges>
#include <type_traits>
#include <utility>

#include <beat/algorithm/for_each.hpp>
#include <beat/algorithm/order.hpp>
#include <beat/base/error.hpp>

namespace beat::inline v0 {

/// Two ranges that can be merged into `Output`: cut anywhere, and their elements compared as
/// `compare(proj(b), proj(a))` and assigned to those of `Output`.
template <class First, class Second, class Output, class Compare, class Projection>
concept mergeable_into = splittable_range<First> && splittable_range<Second> && splittable_range<Output> &&
                         std::mergeable<std::ranges::iterator_t<First>, std::ranges::iterator_t<Second>,
                                        std::ranges::iterator_t<Output>, Compare, Projection, Projection>;

namespace detail {

/// What is still to be merged: two sorted sequences. Of equal elements those of the first one come first.
template <class A, class B>
struct merge_input {
  A a, a_end;
  B b, b_end;

  std::size_t size_of_a() const { return static_cast<std::size_t>(a_end - a); }
  std::size_t size_of_b() const { return static_cast<std::size_t>(b_end - b); }
  std::size_t size() const { return size_of_a() + size_of_b(); }
};

/// How many of the first `count` elements of the result are from the first sequence.
template <class A, class B, class Order>
std::size_t co_rank(merge_input<A, B> const& in, std::size_t count, Order order) {
  std::size_t least = count > in.size_of_b() ? count - in.size_of_b() : 0;
  std::size_t most = std::min(count, in.size_of_a());
  while (least < most) {
    std::size_t const middle = least + (most - least) / 2;
    if (order(in.b[static_cast<std::iter_difference_t<B>>(count - middle - 1)],
              in.a[static_cast<std::iter_difference_t<A>>(middle)]))
      most = middle;
    else
      least = middle + 1;
  }
  return least;
}

/// Cuts off what the first `count` elements of the result are made of, and leaves the rest in `in`.
template <class A, class B, class Order>
merge_input<A, B> cut_off(merge_input<A, B>& in, std::size_t count, Order order) {
  std::size_t const from_a = co_rank(in, count, order);
  A const a = in.a + static_cast<std::iter_difference_t<A>>(from_a);
  B const b = in.b + static_cast<std::iter_difference_t<B>>(count - from_a);
  return {std::exchange(in.a, a), a, std::exchange(in.b, b), b};
}

/// `yes` or `no`, without a branch, which would be predicted wrongly half of the time.
template <class T>
BEAT_FORCE_INLINE T choose(bool condition, T const& yes, T const& no) noexcept {
  if constexpr (sizeof(T) == 4 || sizeof(T) == 8) {
    using bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
    auto const mask = static_cast<bits>(-static_cast<bits>(condition));
    auto const of_no = std::bit_cast<bits>(no);
    return std::bit_cast<T>(of_no ^ ((of_no ^ std::bit_cast<bits>(yes)) & mask));
  } else {
    return condition ? yes : no;
  }
}

/// Merges the next `count` elements of the result to `to`, and leaves the rest in `in`; moves them, or copies them.
/// A comparison that throws leaves as much in `in` as `to` lacks.
template <bool Moves, class A, class B, class To, class Order>
class merger {
  static constexpr bool is_branchless = cheaply_moved<A> && cheaply_moved<B> && cheaply_moved<To> &&
                                        std::same_as<std::iter_value_t<A>, std::iter_value_t<B>> &&
                                        std::same_as<std::iter_value_t<A>, std::iter_value_t<To>>;

 public:
  static void merge(merge_input<A, B>& in, To& to, std::size_t count, Order order) {
    if constexpr (is_branchless) {
      merge_input<A, B> rest = in;  // locals, so that the compiler keeps them in registers
      To next = to;
      if (count >= 64) merge_two(rest, next, count, order);
      merge_one(rest, next, count, order);
      in = rest;
      to = next;
    } else {
      merge_one(in, to, count, order);
    }
  }

  /// Without a look at them.
  static void take_all(merge_input<A, B>& in, To& to) {
    take(in.a, to, in.size_of_a());
    take(in.b, to, in.size_of_b());
  }

 private:
  BEAT_FORCE_INLINE static void step(merge_input<A, B>& in, To& to, Order order) {
    bool const is_from_b = order(*in.b, *in.a);
    if constexpr (is_branchless) {
      *to = choose(is_from_b, *in.b, *in.a);
      in.b += is_from_b ? 1 : 0;
      in.a += is_from_b ? 0 : 1;
    } else {
      if (is_from_b)
        take_one(in.b, to);
      else
        take_one(in.a, to);
    }
    ++to;
  }

  BEAT_FORCE_INLINE static void merge_one(merge_input<A, B>& in, To& to, std::size_t count, Order order) {
    while (count != 0 && in.a != in.a_end && in.b != in.b_end) {
      std::size_t const steps = std::min({count, in.size_of_a(), in.size_of_b()});
      for (std::size_t i = 0; i < steps; ++i) step(in, to, order);
      count -= steps;
    }
    if (count != 0 && in.a != in.a_end)
      take(in.a, to, count);
    else if (count != 0)
      take(in.b, to, count);
  }

  /// Both halves by turns, since each step waits for the one before in its half; until one of them has less to do.
  BEAT_FORCE_INLINE static void merge_two(merge_input<A, B>& in, To& to, std::size_t& count, Order order) {
    merge_input<A, B> lower = cut_off(in, count / 2, order), upper = in;
    To lower_to = to, upper_to = to + static_cast<std::iter_difference_t<To>>(count / 2);
    count -= count / 2;
    for (;;) {
      std::size_t const steps =
          std::min({lower.size_of_a(), lower.size_of_b(), upper.size_of_a(), upper.size_of_b(), count});
      if (steps == 0) break;
      for (std::size_t i = 0; i < steps; ++i) {
        step(lower, lower_to, order);
        step(upper, upper_to, order);
      }
      count -= steps;
    }
    merge_one(lower, lower_to, lower.size(), order);
    in = upper;
    to = upper_to;
  }

  template <class From>
  BEAT_FORCE_INLINE static void take_one(From& from, To& to) {
    if constexpr (Moves)
      *to = std::ranges::iter_move(from);
    else
      *to = *from;
    ++from;
  }

  template <class From>
  static void take(From& from, To& to, std::size_t count) {
    From const end = from + static_cast<std::iter_difference_t<From>>(count);
    if constexpr (Moves)
      to = std::ranges::move(from, end, to).out;
    else
      to = std::ranges::copy(from, end, to).out;
    from = end;
  }
};

template <class A, class B, class To, class Compare, class Projection>
struct merge_body {
  struct part {
    std::optional<merge_input<A, B>> rest;  // from its next element on
  };

  merge_input<A, B> whole;
  To to;
  Compare compare;
  Projection projection;

  void step(part& done, std::size_t i) { fold(done, i, i + 1); }

  void fold(part& done, std::size_t first, std::size_t last) {
    order_by<Compare, Projection> const order{compare, projection};
    if (!done.rest) {
      merge_input<A, B> rest = whole;
      cut_off(rest, first, order);
      done.rest.emplace(rest);
    }
    merge_input<A, B> in = *done.rest;
    To out = to + static_cast<std::iter_difference_t<To>>(first);
    merger<false, A, B, To, order_by<Compare, Projection>>::merge(in, out, last - first, order);
    done.rest.emplace(in);
  }

  void merge(part& done, part&& next) {
    if (next.rest) done = std::move(next);
  }
};

}  // namespace detail

/// Copies the elements of two ranges, each sorted by `compare(proj(x), proj(y))`, to `output`, sorted, in parallel.
/// Stable: of equal elements those of `first` come first, and otherwise their order remains. `output` is another range.
/// *Throws:* error{size_mismatch} where `output` has not as many elements as both together; one of the exceptions of
/// `compare`, `projection` and assignment, error{cancelled} on a stop request: then some elements of `output` are
/// written, with what belongs there. *Complexity:* n comparisons, and O(log n) for each part.
template <execution_place Place, std::ranges::range First, std::ranges::range Second, std::ranges::range Output,
          class Compare = std::ranges::less, class Projection = std::identity>
  requires mergeable_into<First, Second, Output, Compare, Projection>
void parallel_merge(Place&& place, First&& first, Second&& second, Output&& output, Compare compare = {},
                    Projection projection = {}, loop_options const& options = {}) {
  using a = std::ranges::iterator_t<First>;
  using b = std::ranges::iterator_t<Second>;
  using to = std::ranges::iterator_t<Output>;
  auto const from_a = std::ranges::begin(first);
  auto const from_b = std::ranges::begin(second);
  detail::merge_input<a, b> const whole{
      from_a, from_a + static_cast<std::iter_difference_t<a>>(std::ranges::size(first)), from_b,
      from_b + static_cast<std::iter_difference_t<b>>(std::ranges::size(second))};
  if (static_cast<std::size_t>(std::ranges::size(output)) != whole.size())
    detail::throw_error(errc::size_mismatch, "parallel_merge needs as many elements of output as of both inputs");
  using body = detail::merge_body<a, b, to, Compare, Projection>;
  detail::run_at(place, [&](context where) {
    typename body::part nothing;
    detail::run_loop(where.lane(), whole.size(),
                     body{whole, std::ranges::begin(output), std::move(compare), std::move(projection)}, nothing,
                     options);
  });
}

}  // namespace beat::inline v0
