#pragma once
// SPDX-License-Identifier: MIT
// try_parallel_map: a map in which elements may fail. It goes on with the others, and its result knows for each element
// what became of it.

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <exception>
#include <functional>
#include <iterator>
#include <optional>
#include <ranges>
#include <span>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include <beat/algorithm/aggregate_error.hpp>
#include <beat/algorithm/for_each.hpp>
#include <beat/algorithm/map.hpp>
#include <beat/algorithm/planned_loop.hpp>
#include <beat/base/expected.hpp>

namespace beat::inline v0 {

namespace detail {

inline std::exception_ptr as_exception(std::exception_ptr const& error) noexcept { return error; }
inline std::exception_ptr as_exception(std::error_code error) noexcept {
  try {
    throw_error_code(error);
  } catch (...) {
    return std::current_exception();
  }
}

}  // namespace detail

/// A value for each element, or the error that prevented it, at the element's position.
template <class T, class E = std::exception_ptr>
class [[nodiscard("a parallel_result may hold errors; check it")]] parallel_result {
 public:
  using value_type = T;
  using error_type = E;

  /// Of so many slots those without a value have an error, in the order of their positions.
  parallel_result(std::vector<std::optional<T>> slots, std::vector<element_error<E>> errors) noexcept
      : slots_{std::move(slots)}, errors_{std::move(errors)} {}

  /// How many elements there are.
  [[nodiscard]] std::size_t size() const noexcept { return slots_.size(); }

  /// Whether no element has failed.
  [[nodiscard]] bool has_all() const noexcept { return errors_.empty(); }
  explicit operator bool() const noexcept { return has_all(); }

  /// The value at a position, or nothing where the element has failed.
  [[nodiscard]] std::optional<T> const& operator[](std::size_t index) const noexcept { return slots_[index]; }
  [[nodiscard]] std::optional<T>& operator[](std::size_t index) noexcept { return slots_[index]; }

  /// The values that there are, as a view, in the order of their positions.
  [[nodiscard]] auto values() const noexcept {
    return slots_ | std::views::filter(is_there) | std::views::transform(get);
  }

  /// The errors that there are, in the order of their positions.
  [[nodiscard]] std::span<element_error<E> const> errors() const noexcept { return errors_; }

  /// The error at the least position, or null where no element has failed.
  [[nodiscard]] element_error<E> const* first_error() const noexcept { return has_all() ? nullptr : errors_.data(); }

  /// All values. *Throws:* an aggregate_error where elements have failed.
  [[nodiscard]] std::vector<T> value_or_throw() && {
    require_all();
    std::vector<T> all;
    all.reserve(slots_.size());
    for (std::optional<T>& slot : slots_) all.push_back(std::move(*slot));
    return all;
  }
  [[nodiscard]] std::vector<T> value_or_throw() const&
    requires std::copy_constructible<T>
  {
    require_all();
    auto all = values();
    return std::vector<T>(all.begin(), all.end());
  }

 private:
  static constexpr auto is_there = [](std::optional<T> const& slot) noexcept { return slot.has_value(); };
  static constexpr auto get = [](std::optional<T> const& slot) noexcept -> T const& { return *slot; };

  void require_all() const {
    if (has_all()) return;
    std::vector<element_error<>> exceptions;
    exceptions.reserve(errors_.size());
    for (element_error<E> const& e : errors_) exceptions.push_back({e.index, detail::as_exception(e.error)});
    throw aggregate_error{std::move(exceptions), size()};
  }

  std::vector<std::optional<T>> slots_;
  std::vector<element_error<E>> errors_;
};

namespace detail {

template <class T>
struct try_mapped {
  using type = parallel_result<T>;
};
template <class T>
struct try_mapped<expected<T>> {
  using type = parallel_result<T, std::error_code>;
};
template <>
struct try_mapped<expected<void>> {};

}  // namespace detail

/// What try_parallel_map of `Input` by `F` yields: where `F` returns an expected<T>, a parallel_result of T with its
/// error codes; otherwise one with the exceptions that `F` throws.
template <class F, class Input>
using try_mapped_t = typename detail::try_mapped<mapped_t<F, Input>>::type;

/// The results of `f(input[i])` for each i, in parallel, whichever of them fail. `f` fails by an exception; or, where
/// it returns an expected, by the error in it: then an exception ends the loop as in parallel_map. *Throws:*
/// error{cancelled} on a stop request; std::bad_alloc. *Complexity:* one call per element.
template <execution_place Place, splittable_range Input, class F>
  requires element_map<F, Input> && std::move_constructible<mapped_t<F, Input>>
auto try_parallel_map(Place&& place, Input&& input, F f, loop_options const& options = {}) -> try_mapped_t<F, Input> {
  using result = try_mapped_t<F, Input>;
  auto const size = static_cast<std::size_t>(std::ranges::size(input));
  std::vector<std::optional<mapped_t<F, Input>>> made(size);
  auto const body = [&f, &made, from = std::ranges::begin(input)](std::size_t i) {
    made[i].emplace(std::invoke(f, from[static_cast<std::ranges::range_difference_t<Input>>(i)]));
  };
  if constexpr (std::same_as<typename result::error_type, std::exception_ptr>) {
    loop_options const collecting{options.stop, error_policy::collect_all, options.chunks};
    auto errors = detail::run_at(place, [&](context where) {
      return detail::run_planned(where.lane(), size, detail::each_index<decltype(body)>{body}, collecting);
    });
    return result{std::move(made), std::move(errors)};
  } else {
    detail::for_each_index(place, size, body, {options.stop, error_policy::fail_fast, options.chunks});
    std::vector<std::optional<typename result::value_type>> slots(size);
    std::vector<element_error<std::error_code>> errors;
    for (std::size_t i = 0; i < size; ++i) {
      if (made[i]->has_value())
        slots[i].emplace(*std::move(*made[i]));
      else
        errors.push_back({i, made[i]->error()});
    }
    return result{std::move(slots), std::move(errors)};
  }
}

}  // namespace beat::inline v0
