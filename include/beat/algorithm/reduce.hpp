#pragma once
// SPDX-License-Identifier: MIT
// parallel_reduce and parallel_deterministic_reduce: the elements of a range, folded into one value.

#include <algorithm>
#include <array>
#include <atomic>
#include <concepts>
#include <cstddef>
#include <functional>
#include <iterator>
#include <limits>
#include <optional>
#include <ranges>
#include <type_traits>
#include <utility>

#include <beat/algorithm/for_each.hpp>
#include <beat/task/join.hpp>

namespace beat::inline v0 {

/// A function of one element whose result makes a `T`.
template <class Projection, class Range, class T>
concept projected_to =
    std::invocable<Projection&, std::ranges::range_reference_t<Range>> &&
    std::constructible_from<T, std::invoke_result_t<Projection&, std::ranges::range_reference_t<Range>>>;

/// An operation on two values that makes a third one. It must be associative; it need not be commutative.
template <class Op, class T>
concept reduction =
    std::movable<T> && std::invocable<Op&, T, T> && std::assignable_from<T&, std::invoke_result_t<Op&, T, T>>;

namespace detail {

template <class T, class Iterator, class Op, class Projection>
struct reduce_body {
  using part = std::optional<T>;
  static constexpr bool is_plus = std::same_as<Op, std::plus<>> || std::same_as<Op, std::plus<T>>;
  Iterator begin;
  Op op;
  Projection projection;

  BEAT_FORCE_INLINE T at(std::size_t i) {
    return T(std::invoke(projection, begin[static_cast<std::iter_difference_t<Iterator>>(i)]));
  }

  BEAT_FORCE_INLINE void step(part& done, std::size_t i) {
    if (done)
      *done = std::invoke(op, std::move(*done), at(i));
    else
      done.emplace(at(i));
  }

  void fold(part& done, std::size_t first, std::size_t last) {
    if (!done) done.emplace(at(first++));
    T sum = std::move(*done);  // a local, so that the compiler keeps it in a register
    if constexpr (std::floating_point<T>) fold_blocks(sum, first, last);
    for (; first < last; ++first) sum = std::invoke(op, std::move(sum), at(first));
    *done = std::move(sum);
  }

  /// Folds as many as it can such that additions seldom wait for each other: sums of every 32nd number where the order
  /// does not matter, otherwise pairs of pairs.
  void fold_blocks(T& sum, std::size_t& first, std::size_t last) {
    if constexpr (is_plus) {
      constexpr std::size_t width = 32;
      if (last - first < 2 * width) return;
      std::array<T, width> sums;
      for (T& s : sums) s = at(first++);
      for (; last - first >= width; first += width)
        for (std::size_t i = 0; i < width; ++i) sums[i] += at(first + i);
      for (T const s : sums) sum += s;
    } else {
      for (; last - first >= 4; first += 4) {
        T const left = std::invoke(op, at(first), at(first + 1));
        sum = std::invoke(op, sum, std::invoke(op, left, std::invoke(op, at(first + 2), at(first + 3))));
      }
    }
  }

  void merge(part& done, part&& next) {
    if (!next) return;  // abandoned before its first element
    if (done)
      *done = std::invoke(op, std::move(*done), std::move(*next));
    else
      done.emplace(*std::move(next));
  }
};

}  // namespace detail

/// init op proj(e0) op proj(e1) ..., bracketed in any way, the elements in their order.
/// For floating point the bracketing shows in the last digits, and differs from run to run; std::plus adds such numbers
/// in any order. *Throws:* one of the exceptions of `op` and `projection`; where options.errors says so the one at the
/// first element, and then also std::bad_alloc; error{cancelled} on a stop request. *Complexity:* n calls of each.
template <execution_place Place, splittable_range Range, class T, class Op = std::plus<>,
          class Projection = std::identity>
  requires projected_to<Projection, Range, T> && reduction<Op, T>
[[nodiscard("the value is the result")]] T parallel_reduce(Place&& place, Range&& range, T init, Op op = {},
                                                           Projection projection = {},
                                                           loop_options const& options = {}) {
  auto const size = static_cast<std::size_t>(std::ranges::size(range));
  if (size == 0) return init;
  using body = detail::reduce_body<T, std::ranges::iterator_t<Range>, Op, Projection>;
  std::optional<T> total{std::move(init)};
  detail::run_at(place, [&](context where) {
    detail::run_loop_by(where.lane(), size, body{std::ranges::begin(range), std::move(op), std::move(projection)},
                        total, options);
  });
  return std::move(*total);
}

namespace detail {

/// A tree over [0, n) that depends on n only: halves, down to chunks of at most 1024 elements, and at least 64 chunks.
template <class Body>
class fixed_tree {
 public:
  using value = typename Body::part::value_type;

  fixed_tree(Body& body, loop_control& control, std::size_t size, error_policy errors) noexcept
      : body_{body}, control_{control}, chunk_{std::clamp<std::size_t>(size / 64, 1, 1024)}, errors_{errors} {}

  /// Of a range that is not empty. Nothing where the rest was given up.
  std::optional<value> fold(context where, std::size_t first, std::size_t last) {
    if (last - first <= chunk_) return fold_chunk(first, last);
    std::size_t const middle = first + (last - first) / 2;
    auto [left, right] = join(
        where, [&](context there) { return fold(there, first, middle); },
        [&](context there) { return fold(there, middle, last); });
    if (!left || !right || control_.gives_up()) return {};
    return guarded(first,
                   [&] { return std::optional<value>{std::invoke(body_.op, *std::move(left), *std::move(right))}; });
  }

 private:
  std::optional<value> fold_chunk(std::size_t first, std::size_t last) {
    std::optional<value> done;
    if (control_.gives_up() || first >= end_.load(std::memory_order_relaxed)) return done;
    return guarded(first, [&] {
      if (control_.stoppable())
        for (; first < last && !control_.gives_up(); ++first) body_.step(done, first);
      else
        body_.fold(done, first, last);
      return std::move(done);
    });
  }

  /// Calls `f`, which folds elements from `first` on. Of the exceptions of both sides of a join the left one arrives:
  /// it is that of the first element, unless elements on the left were left undone.
  template <class F>
  std::optional<value> guarded(std::size_t first, F&& f) {
    try {
      return f();
    } catch (...) {
      if (errors_ == error_policy::fail_fast) control_.abandon();
      std::size_t end = end_.load(std::memory_order_relaxed);
      while (first < end && !end_.compare_exchange_weak(end, first, std::memory_order_relaxed)) {
      }
      throw;
    }
  }

  Body& body_;
  loop_control& control_;
  std::size_t const chunk_;
  error_policy const errors_;
  // Nothing is to be begun from there on: lowered by whoever fails, read by all.
  std::atomic<std::size_t> end_{std::numeric_limits<std::size_t>::max()};
};

}  // namespace detail

/// parallel_reduce with one and the same bracketing for ranges of one size: floating point gives the same bits on any
/// number of workers, in each run of a program. Otherwise as parallel_reduce; on one worker it is about as fast.
template <execution_place Place, splittable_range Range, class T, class Op = std::plus<>,
          class Projection = std::identity>
  requires projected_to<Projection, Range, T> && reduction<Op, T>
[[nodiscard("the value is the result")]] T parallel_deterministic_reduce(Place&& place, Range&& range, T init,
                                                                         Op op = {}, Projection projection = {},
                                                                         loop_options const& options = {}) {
  auto const size = static_cast<std::size_t>(std::ranges::size(range));
  if (size == 0) return init;
  using body = detail::reduce_body<T, std::ranges::iterator_t<Range>, Op, Projection>;
  body all{std::ranges::begin(range), std::move(op), std::move(projection)};
  detail::loop_control control{options.stop};
  std::optional<T> total{std::move(init)};
  detail::run_at(place, [&](context where) {
    all.merge(total, detail::fixed_tree<body>{all, control, size, options.errors}.fold(where, 0, size));
  });
  control.check();
  return *std::move(total);
}

}  // namespace beat::inline v0
