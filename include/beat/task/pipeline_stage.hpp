#pragma once
// SPDX-License-Identifier: MIT
// The stages of a pipeline, and what is required of their types: each is called with what the one before returns.

#include <concepts>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

namespace beat::inline v0 {

/// How many values may be in a stage at once, and in which order they come.
enum class stage_mode {
  serial_in_order,      ///< one at a time, in the order in which the source gave them
  serial_out_of_order,  ///< one at a time, as they come
  parallel,             ///< any number: the callable is called by several threads at once
};

/// A callable with its mode: see serial_in_order(), serial_out_of_order() and parallel().
template <stage_mode Mode, class F>
struct pipeline_stage {
  static constexpr stage_mode mode = Mode;
  F callable;
};

/// A stage that takes one value at a time, in the order in which the source gave them.
template <class F>
pipeline_stage<stage_mode::serial_in_order, std::decay_t<F>> serial_in_order(F&& f) {
  return {std::forward<F>(f)};
}

/// A stage that takes one value at a time, as they come.
template <class F>
pipeline_stage<stage_mode::serial_out_of_order, std::decay_t<F>> serial_out_of_order(F&& f) {
  return {std::forward<F>(f)};
}

/// A stage that takes values as they come, several at once: the callable is called by several threads at once.
template <class F>
pipeline_stage<stage_mode::parallel, std::decay_t<F>> parallel(F&& f) {
  return {std::forward<F>(f)};
}

namespace detail {

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

template <class T>
inline constexpr bool is_stage = false;
template <stage_mode Mode, class F>
inline constexpr bool is_stage<pipeline_stage<Mode, F>> = true;

template <class F, class Value>
inline constexpr bool is_called_with = std::invocable<F&, Value>;
template <class F>
inline constexpr bool is_called_with<F, std::monostate> = std::invocable<F&>;

}  // namespace detail

/// Gives the values of a pipeline, one each time it is called without an argument: a std::optional which is empty where
/// there are no more. It is called by one thread at a time.
template <class F>
concept pipeline_source = std::invocable<F&> && detail::is_optional<std::remove_cvref_t<std::invoke_result_t<F&>>>;

/// Callable with a `Value` that the stage before has returned, as an rvalue; without an argument where it returned
/// void.
template <class F, class Value>
concept stage_body = detail::is_called_with<F, Value>;

/// What stages hand on has to be movable.
template <class T>
concept stage_value = std::move_constructible<T>;

namespace detail {

/// Calls `f` with a value, or without one for std::monostate, which also stands for void as a result.
template <class F, class Value>
decltype(auto) call_stage(F& f, [[maybe_unused]] Value&& value) {
  auto const run = [&]() -> decltype(auto) {
    if constexpr (std::is_same_v<Value, std::monostate>)
      return f();
    else
      return f(std::move(value));
  };
  if constexpr (std::is_void_v<decltype(run())>) {
    run();
    return std::monostate{};
  } else {
    return run();
  }
}

/// The variant of everything that the stages return, beside a first alternative for nothing.
template <class Values, class... Stages>
struct flow;
template <class... Values>
struct flow<std::variant<Values...>> {
  using type = std::variant<Values...>;
};
template <class... Values, class Stage, class... Rest>
struct flow<std::variant<Values...>, Stage, Rest...> {
  using input = std::variant_alternative_t<sizeof...(Values) - 1, std::variant<Values...>>;
  using callable = decltype(Stage::callable);
  static_assert(stage_body<callable, input>,
                "a stage of a pipeline can't be called with what the stage before it returns, as an rvalue; the types "
                "are those of stage_body<callable, value> in this message");
  using output = std::remove_cvref_t<decltype(call_stage(std::declval<callable&>(), std::declval<input>()))>;
  static_assert(stage_value<output>, "what a stage of a pipeline returns has to be movable, as it goes on to the next");
  using type = typename flow<std::variant<Values..., output>, Rest...>::type;
};

}  // namespace detail

}  // namespace beat::inline v0
