#pragma once
// SPDX-License-Identifier: MIT
// parallel_map: a function of each element, into a range that is there or into a new vector.

#include <concepts>
#include <cstddef>
#include <functional>
#include <iterator>
#include <optional>
#include <ranges>
#include <type_traits>
#include <utility>
#include <vector>

#include <beat/algorithm/for_each.hpp>

namespace beat::inline v0 {

/// What a map of `Input` by `F` yields.
template <class F, class Input>
using mapped_t = std::remove_cvref_t<std::invoke_result_t<F&, std::ranges::range_reference_t<Input>>>;

/// A function of one element that returns a value.
template <class F, class Input>
concept element_map =
    element_body<F, Input> && !std::is_void_v<std::invoke_result_t<F&, std::ranges::range_reference_t<Input>>>;

/// A range whose elements what `F` makes of `Input`'s elements can be assigned to.
template <class Output, class Input, class F>
concept mapped_into = std::indirectly_writable<std::ranges::iterator_t<Output>,
                                               std::invoke_result_t<F&, std::ranges::range_reference_t<Input>>>;

/// output[i] = f(input[i]) for each i, in parallel. `output` may be `input`. Different elements of `output` must be
/// different objects: std::vector<bool> is none.
/// *Throws:* error{size_mismatch} where the sizes differ; otherwise as parallel_for. *Complexity:* one call per
/// element.
template <execution_place Place, splittable_range Input, splittable_range Output, class F>
  requires element_map<F, Input> && mapped_into<Output, Input, F>
void parallel_map(Place&& place, Input&& input, Output&& output, F f, loop_options const& options = {}) {
  auto const size = static_cast<std::size_t>(std::ranges::size(input));
  if (static_cast<std::size_t>(std::ranges::size(output)) != size)
    detail::throw_error(errc::size_mismatch, "parallel_map needs as many elements of output as of input");
  auto const from = std::ranges::begin(input);
  auto const to = std::ranges::begin(output);
  auto const body = [&f, &from, &to](std::size_t i) {
    to[static_cast<std::iter_difference_t<decltype(to)>>(i)] =
        std::invoke(f, from[static_cast<std::iter_difference_t<decltype(from)>>(i)]);
  };
  detail::for_each_index(place, size, body, options);
}

/// The same into a new vector. Results need neither a default constructor nor assignment, only to be movable.
/// *Throws:* std::bad_alloc; otherwise as parallel_for.
template <execution_place Place, splittable_range Input, class F>
  requires element_map<F, Input> && std::move_constructible<mapped_t<F, Input>>
[[nodiscard("the vector is the result")]] auto parallel_map(Place&& place, Input&& input, F f,
                                                            loop_options const& options = {})
    -> std::vector<mapped_t<F, Input>> {
  using value = mapped_t<F, Input>;
  auto const size = static_cast<std::size_t>(std::ranges::size(input));
  if constexpr (std::default_initializable<value> && std::is_move_assignable_v<value> && !std::same_as<value, bool>) {
    std::vector<value> output(size);
    parallel_map(place, input, output, std::ref(f), options);
    return output;
  } else {
    std::vector<std::optional<value>> made(size);
    auto const from = std::ranges::begin(input);
    auto const body = [&f, &from, &made](std::size_t i) {
      made[i].emplace(std::invoke(f, from[static_cast<std::iter_difference_t<decltype(from)>>(i)]));
    };
    detail::for_each_index(place, size, body, options);
    std::vector<value> output;
    output.reserve(size);
    for (std::optional<value>& element : made) output.push_back(std::move(*element));
    return output;
  }
}

}  // namespace beat::inline v0
