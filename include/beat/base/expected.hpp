#pragma once
// SPDX-License-Identifier: MIT
// A result or the std::error_code that says why there is none, for functions that report failure without throwing.
// It follows std::expected (C++23) with a fixed error type. It always holds exactly one of the two.

#include <beat/base/assert.hpp>
#include <beat/base/config.hpp>
#include <beat/base/error.hpp>
#include <concepts>
#include <memory>
#include <system_error>
#include <type_traits>
#include <utility>
#include <variant>

namespace beat::inline v0 {

/// Marks an error code as the reason why an expected holds no value.
class unexpected {
 public:
  explicit unexpected(std::error_code code) noexcept : code_{code} {}
  [[nodiscard]] std::error_code error() const noexcept { return code_; }

 private:
  std::error_code code_;
};

template <class T>
class expected;

namespace detail {

[[noreturn]] BEAT_NO_INLINE inline void throw_error_code(std::error_code code) {
  if (code.category() == category()) {
    throw error{static_cast<errc>(code.value())};
  }
  throw std::system_error{code};
}

template <class U, class T>
concept expected_value = std::constructible_from<T, U> && !std::same_as<std::remove_cvref_t<U>, expected<T>>;

}  // namespace detail

/// A value of type T, or the error that prevented it.
template <class T>
class [[nodiscard("an expected may hold an error; check it")]] expected {
  static_assert(std::is_object_v<T>, "expected<T> needs an object type, or void");
  static_assert(
      std::is_nothrow_move_constructible_v<T>,
      "expected<T> needs a T whose move constructor is noexcept, so that an assignment cannot leave it empty");

 public:
  using value_type = T;
  using error_type = std::error_code;

  constexpr expected()
    requires std::default_initializable<T>
  = default;

  template <class U = T>
    requires detail::expected_value<U, T>
  constexpr explicit(!std::convertible_to<U, T>) expected(U&& value)
      : content_{std::in_place_index<0>, std::forward<U>(value)} {}

  expected(unexpected reason) noexcept : content_{std::in_place_index<1>, reason.error()} {}

  [[nodiscard]] constexpr bool has_value() const noexcept { return content_.index() == 0; }
  constexpr explicit operator bool() const noexcept { return has_value(); }

  /// Returns the value. Throws: beat::error if this holds an errc, std::system_error if it holds a foreign code.
  [[nodiscard]] constexpr T& value() & {
    require_value();
    return **this;
  }
  [[nodiscard]] constexpr T const& value() const& {
    require_value();
    return **this;
  }
  [[nodiscard]] constexpr T&& value() && {
    require_value();
    return *std::move(*this);
  }

  [[nodiscard]] constexpr T& operator*() & noexcept { return held_value(content_); }
  [[nodiscard]] constexpr T const& operator*() const& noexcept { return held_value(content_); }
  [[nodiscard]] constexpr T&& operator*() && noexcept { return std::move(held_value(content_)); }

  [[nodiscard]] constexpr T* operator->() noexcept { return std::addressof(**this); }
  [[nodiscard]] constexpr T const* operator->() const noexcept { return std::addressof(**this); }

  /// Returns the error, or a code of value 0 where this holds a value.
  [[nodiscard]] std::error_code error() const noexcept {
    auto const* const code = std::get_if<1>(&content_);
    return code == nullptr ? std::error_code{} : *code;
  }

  template <class U>
  [[nodiscard]] constexpr T value_or(U&& alternative) const& {
    return has_value() ? **this : static_cast<T>(std::forward<U>(alternative));
  }
  template <class U>
  [[nodiscard]] constexpr T value_or(U&& alternative) && {
    return has_value() ? std::move(**this) : static_cast<T>(std::forward<U>(alternative));
  }

 private:
  constexpr void require_value() const {
    if (!has_value()) {
      detail::throw_error_code(error());
    }
  }

  // Where assertions are off, std::get still ends the program rather than read an error as a value.
  template <class Content>
  static constexpr auto& held_value(Content& content) noexcept {
    BEAT_ASSERT(content.index() == 0, "this expected holds an error; check has_value() before using the value");
    return std::get<0>(content);
  }

  std::variant<T, std::error_code> content_;
};

/// Success without a value, or the error that prevented it.
template <>
class [[nodiscard("an expected may hold an error; check it")]] expected<void> {
 public:
  using value_type = void;
  using error_type = std::error_code;

  expected() noexcept = default;
  expected(unexpected reason) noexcept : code_{reason.error()}, has_value_{false} {}

  [[nodiscard]] bool has_value() const noexcept { return has_value_; }
  explicit operator bool() const noexcept { return has_value_; }

  /// Throws: beat::error if this holds an errc, std::system_error if it holds a foreign code.
  void value() const {
    if (!has_value_) {
      detail::throw_error_code(code_);
    }
  }

  /// Returns the error, or a code of value 0 on success.
  [[nodiscard]] std::error_code error() const noexcept { return code_; }

 private:
  std::error_code code_;
  bool has_value_ = true;
};

}  // namespace beat::inline v0
