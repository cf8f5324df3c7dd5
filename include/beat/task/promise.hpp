#pragma once
// SPDX-License-Identifier: MIT
// The promise: a result that comes from anywhere, as from a callback of something that is no pool, by a future like
// every other one.

#include <exception>
#include <type_traits>
#include <utility>

#include <beat/base/error.hpp>
#include <beat/runtime/pool.hpp>
#include <beat/task/future.hpp>

namespace beat::inline v0 {

namespace detail {

template <class T>
class promised final : public future_state<T> {
 public:
  explicit promised(scheduler& where) noexcept : future_state<T>{&where} {}
};

}  // namespace detail

/// The giving end of a future. Where it goes without having given anything, the future ends with error{abandoned}.
/// *Thread safety:* one thread at a time; the future may be used meanwhile, and whoever got its result may destroy the
/// promise.
template <class T>
class promise {
 public:
  /// What follows on its future runs in `pool`, which waits for that before its end. *Throws:* std::bad_alloc.
  template <class Policy>
  explicit promise(basic_thread_pool<Policy>& pool)
      : state_{new detail::promised<T>{scheduler_of(pool)}}, future_{*state_} {}

  promise(promise&& other) noexcept : state_{std::exchange(other.state_, nullptr)}, future_{std::move(other.future_)} {}
  promise& operator=(promise&& other) noexcept {
    promise moved{std::move(other)};
    std::swap(state_, moved.state_);
    future_.swap(moved.future_);
    return *this;
  }
  ~promise() {
    if (state_ == nullptr) return;
    state_->fail(errc::abandoned, "the promise is gone, and has given neither a value nor an exception");
    end(task_outcome::failed);
  }

  /// Once. *Throws:* error{no_state}.
  future<T> get_future() {
    static_cast<void>(detail::future_access::state(future_));
    return std::move(future_);
  }

  /// Gives the value made of `parts`; what its constructor throws arrives in the future.
  /// *Throws:* error{no_state} where a result was given already.
  template <class... Parts>
    requires(std::is_void_v<T> ? sizeof...(Parts) == 0 : std::is_constructible_v<T, Parts...>)
  void set_value(Parts&&... parts) {
    require_state();
    bool const has_value = state_->value.capture([&]() -> T { return T(std::forward<Parts>(parts)...); });
    end(has_value ? task_outcome::completed : task_outcome::failed);
  }

  /// *Throws:* as set_value.
  void set_exception(std::exception_ptr error) {
    require_state();
    state_->value.fail(std::move(error));
    end(task_outcome::failed);
  }

 private:
  void require_state() const {
    if (state_ == nullptr)
      detail::throw_error(errc::no_state, "the promise has given its result already, or was moved from");
  }

  /// Whoever sees the end may destroy this at once.
  void end(task_outcome how) noexcept {
    detail::promised<T>* const state = std::exchange(state_, nullptr);
    state->end(how);
    state->release();
  }

  detail::promised<T>* state_;
  future<T> future_;  // until it is asked for
};

}  // namespace beat::inline v0
