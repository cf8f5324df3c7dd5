#pragma once
// SPDX-License-Identifier: MIT
// parallel_inclusive_scan and parallel_exclusive_scan: the running sums of a range, by any associative operation.

#include <concepts>
#include <cstddef>
#include <functional>
#include <iterator>
#include <optional>
#include <ranges>
#include <type_traits>
#include <utility>

#include <beat/algorithm/chain.hpp>
#include <beat/algorithm/for_each.hpp>
#include <beat/algorithm/reduce.hpp>
#include <beat/base/error.hpp>

namespace beat::inline v0 {

/// A range to whose elements sums of type `T` can be assigned.
template <class Output, class T>
concept sums_into = splittable_range<Output> && std::indirectly_writable<std::ranges::iterator_t<Output>, T const&>;

/// What a projection of the elements of a range is, as a value.
template <class Projection, class Range>
using projected_value = std::remove_cvref_t<std::invoke_result_t<Projection&, std::ranges::range_reference_t<Range>>>;

/// An operation on two values that makes a third one, of which each is needed twice: in the output, and to go on from.
template <class Op, class T>
concept running_sum = reduction<Op, T> && std::copyable<T>;

namespace detail {

template <bool Inclusive, class T, class From, class To, class Op, class Projection>
struct scan_body {
  using state = T;
  using summary = T;

  reduce_body<T, From, Op, Projection> elements;
  To to;
  loop_control& control;

  void advance(T& before, std::size_t first, std::size_t last) {
    T sum = std::move(before);  // a local, so that the compiler keeps it in a register
    if constexpr (std::floating_point<T> && reduce_body<T, From, Op, Projection>::is_plus)
      if (!control.stoppable()) add_blocks(sum, first, last);
    each_of(first, last, control, [&](std::size_t i) {
      if constexpr (Inclusive) {
        sum = std::invoke(elements.op, std::move(sum), elements.at(i));
        write(i, sum);
      } else {
        T element = elements.at(i);  // the output may be the input
        write(i, sum);
        sum = std::invoke(elements.op, std::move(sum), std::move(element));
      }
    });
    before = std::move(sum);
  }

  T look(std::size_t first, std::size_t last) {
    std::optional<T> sum;
    if (control.stoppable()) {
      sum.emplace(elements.at(first++));
      each_of(first, last, control, [&](std::size_t i) { elements.step(sum, i); });
    } else {
      elements.fold(sum, first, last);
    }
    return *std::move(sum);
  }

  T skip(T const& before, T const& sum) { return std::invoke(elements.op, T(before), T(sum)); }

  void finish(T before, T&&, std::size_t first, std::size_t last) { advance(before, first, last); }

 private:
  void write(std::size_t i, T const& sum) { to[static_cast<std::iter_difference_t<To>>(i)] = sum; }

  /// As many as it can by fours, such that only one addition in four waits for the one before.
  void add_blocks(T& sum, std::size_t& first, std::size_t last) {
    for (; last - first >= 4; first += 4) {
      T const a = elements.at(first), ab = a + elements.at(first + 1), c = elements.at(first + 2);
      T const abcd = ab + (c + elements.at(first + 3));
      if constexpr (!Inclusive) write(first, sum);
      constexpr std::size_t next = Inclusive ? 0 : 1;
      write(first + next, sum + a);
      write(first + next + 1, sum + ab);
      write(first + next + 2, sum + (ab + c));
      sum += abcd;
      if constexpr (Inclusive) write(first + 3, sum);
    }
  }
};

template <bool Inclusive, class T, class From, class To, class Op, class Projection>
T scan(context where, From from, To to, std::size_t size, T start, Op& op, Projection& projection,
       loop_options const& options) {
  loop_control control{options.stop};
  scan_body<Inclusive, T, From, To, Op, Projection> body{
      {std::move(from), std::move(op), std::move(projection)}, std::move(to), control};
  return chain{body, control, size, std::move(start)}.run(where);
}

template <class Input, class Output>
std::size_t scan_size(Input& input, Output& output) {
  auto const size = static_cast<std::size_t>(std::ranges::size(input));
  if (static_cast<std::size_t>(std::ranges::size(output)) != size)
    throw_error(errc::size_mismatch, "a parallel scan needs as many elements of output as of input");
  return size;
}

}  // namespace detail

/// output[i] = init op proj(input[0]) op ... op proj(input[i]), in parallel; bracketed in any way, the elements in
/// their order. `output` may be `input`. For floating point the bracketing shows in the last digits, and differs from
/// run to run. *Throws:* error{size_mismatch} where the sizes differ; one of the exceptions of `op`, `projection` and
/// assignment, error{cancelled} on a stop request, std::bad_alloc: then some elements of `output` are written, with
/// what belongs there. *Complexity:* O(n) calls of each.
template <execution_place Place, splittable_range Input, splittable_range Output, class T, class Op = std::plus<>,
          class Projection = std::identity>
  requires projected_to<Projection, Input, T> && running_sum<Op, T> && sums_into<Output, T>
void parallel_inclusive_scan(Place&& place, Input&& input, Output&& output, T init, Op op = {},
                             Projection projection = {}, loop_options const& options = {}) {
  std::size_t const size = detail::scan_size(input, output);
  detail::run_at(place, [&](context where) {
    detail::scan<true>(where, std::ranges::begin(input), std::ranges::begin(output), size, std::move(init), op,
                       projection, options);
  });
}

/// The same without an initial value: output[i] = proj(input[0]) op ... op proj(input[i]).
template <execution_place Place, splittable_range Input, splittable_range Output, class Op = std::plus<>,
          class Projection = std::identity>
  requires running_sum<Op, projected_value<Projection, Input>> && sums_into<Output, projected_value<Projection, Input>>
void parallel_inclusive_scan(Place&& place, Input&& input, Output&& output, Op op = {}, Projection projection = {},
                             loop_options const& options = {}) {
  std::size_t const size = detail::scan_size(input, output);
  if (size == 0) return;
  detail::run_at(place, [&](context where) {
    if (options.stop.stop_requested()) detail::throw_stopped();
    auto const from = std::ranges::begin(input);
    auto const to = std::ranges::begin(output);
    projected_value<Projection, Input> first{std::invoke(projection, *from)};
    *to = std::as_const(first);
    detail::scan<true>(where, from + 1, to + 1, size - 1, std::move(first), op, projection, options);
  });
}

/// output[i] = init op proj(input[0]) op ... op proj(input[i - 1]), and output[0] = init: the sum of all before.
/// Otherwise as parallel_inclusive_scan. Returns what would come next, the sum of all.
template <execution_place Place, splittable_range Input, splittable_range Output, class T, class Op = std::plus<>,
          class Projection = std::identity>
  requires projected_to<Projection, Input, T> && running_sum<Op, T> && sums_into<Output, T>
T parallel_exclusive_scan(Place&& place, Input&& input, Output&& output, T init, Op op = {}, Projection projection = {},
                          loop_options const& options = {}) {
  std::size_t const size = detail::scan_size(input, output);
  return detail::run_at(place, [&](context where) {
    return detail::scan<false>(where, std::ranges::begin(input), std::ranges::begin(output), size, std::move(init), op,
                               projection, options);
  });
}

}  // namespace beat::inline v0
