#pragma once
// SPDX-License-Identifier: MIT
// The outcome: room for what a call returns or throws. It does not know which of them it holds, if any: the job's mark
// or the task's completion does. That saves a store per fork.

#include <exception>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

#include <beat/base/config.hpp>

namespace beat::inline v0::detail {

/// What a call leaves where a value must be: nothing for void, the address for a reference.
template <class T>
class outcome {
  struct nothing {};
  using stored = std::conditional_t<
      std::is_void_v<T>, nothing,
      std::conditional_t<std::is_reference_v<T>, std::remove_reference_t<T>*, std::remove_const_t<T>>>;

 public:
  outcome() noexcept {}
  ~outcome() {}
  outcome(outcome const&) = delete;
  outcome& operator=(outcome const&) = delete;

  /// Calls `f()` and keeps what it returns or throws. True where it returned.
  template <class F>
  bool capture(F&& f) noexcept {
    try {
      if constexpr (std::is_void_v<T>) {
        std::forward<F>(f)();
      } else if constexpr (std::is_reference_v<T>) {
        auto&& referred = std::forward<F>(f)();
        value_ = std::addressof(referred);
      } else {
        ::new (static_cast<void*>(std::addressof(value_))) stored(std::forward<F>(f)());
      }
      return true;
    } catch (...) {
      fail(std::current_exception());
      return false;
    }
  }

  void fail(std::exception_ptr error) noexcept {
    ::new (static_cast<void*>(std::addressof(error_))) std::exception_ptr{std::move(error)};
  }

  /// Moves the value out, or throws the exception, and leaves nothing.
  T take(bool failed) {
    if (failed) rethrow();
    if constexpr (std::is_void_v<T>) {
      return;
    } else if constexpr (std::is_reference_v<T>) {
      return static_cast<T>(*value_);
    } else {
      struct guard {
        stored& value;
        ~guard() { std::destroy_at(std::addressof(value)); }
      } const destroyed{value_};
      return std::move(value_);
    }
  }

  /// Moves the exception out, and leaves nothing.
  std::exception_ptr take_error() noexcept {
    std::exception_ptr error = std::move(error_);
    std::destroy_at(std::addressof(error_));
    return error;
  }

  /// Destroys what it holds.
  void discard(bool failed) noexcept {
    if (failed)
      std::destroy_at(std::addressof(error_));
    else
      std::destroy_at(std::addressof(value_));
  }

 private:
  [[noreturn]] BEAT_NO_INLINE void rethrow() { std::rethrow_exception(take_error()); }

  union {
    stored value_;
    std::exception_ptr error_;
  };
};

}  // namespace beat::inline v0::detail
