#pragma once
// SPDX-License-Identifier: MIT
// task<T>: a coroutine that begins when it is awaited, and gives its result to the one who awaits. Included by
// task/coroutine.hpp. Invariant: its frame is destroyed once, by the task; whoever it goes on to lives longer.

#include <concepts>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <stop_token>
#include <type_traits>
#include <utility>

#include <beat/base/assert.hpp>
#include <beat/base/error.hpp>
#include <beat/memory/node_cache.hpp>
#include <beat/task/outcome.hpp>

namespace beat::inline v0 {

template <class T>
class task;

namespace detail {

/// Who begins a coroutine without being one.
struct coroutine_starter {
  /// What is to go on now that the coroutine has ended. Its frame may be destroyed by this.
  virtual std::coroutine_handle<> coroutine_ended() noexcept = 0;

 protected:
  ~coroutine_starter() = default;
};

/// What the promises of all tasks have in common. Written by the one who begins the coroutine.
class coroutine_promise {
 public:
  std::coroutine_handle<> awaiting;      // who goes on after its end, or null:
  coroutine_starter* starter = nullptr;  // who says so
  std::stop_token const* stop = nullptr;

  bool is_stopped() const noexcept { return stop != nullptr && stop->stop_requested(); }

  std::suspend_always initial_suspend() const noexcept { return {}; }

  struct last_step {
    bool await_ready() const noexcept { return false; }
    template <std::derived_from<coroutine_promise> Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> ended) const noexcept {
      coroutine_promise const& p = ended.promise();
      return p.starter != nullptr ? p.starter->coroutine_ended() : p.awaiting;  // the frame may be gone
    }
    void await_resume() const noexcept {}
  };
  last_step final_suspend() const noexcept { return {}; }

  static void* operator new(std::size_t size) { return node_cache::allocate(size); }
  static void operator delete(void* memory, std::size_t size) noexcept { node_cache::deallocate(memory, size); }
};

/// The token that a coroutine with this promise was given; coroutines of other libraries have none.
template <class Promise>
std::stop_token const* stop_token_of(Promise const& promise) noexcept {
  if constexpr (std::derived_from<Promise, coroutine_promise>)
    return promise.stop;
  else
    return nullptr;
}

template <class T>
class promise_with_result : public coroutine_promise {
 public:
  promise_with_result() noexcept = default;
  ~promise_with_result() {
    if (holds_ != nothing) value_.discard(holds_ == error);
  }

  void unhandled_exception() noexcept {
    value_.fail(std::current_exception());
    holds_ = error;
  }

  /// Only once it has ended.
  T take() {
    bool const failed = std::exchange(holds_, nothing) == error;
    return value_.take(failed);
  }

  /// The same for one whose result nobody wants: null where it has one.
  std::exception_ptr take_error() noexcept {
    if (holds_ != error) return nullptr;
    holds_ = nothing;
    return value_.take_error();
  }

 protected:
  template <class F>
  void keep(F&& f) noexcept {
    holds_ = value_.capture(std::forward<F>(f)) ? value : error;
  }

 private:
  enum : unsigned char { nothing, value, error } holds_ = nothing;
  outcome<T> value_;
};

template <class T>
class task_promise final : public promise_with_result<T> {
 public:
  beat::task<T> get_return_object() noexcept;

  template <class U = T>
    requires std::convertible_to<U, T> || std::constructible_from<T, U>
  void return_value(U&& returned) noexcept {
    this->keep([&]() -> T { return static_cast<T>(std::forward<U>(returned)); });
  }
};

template <>
class task_promise<void> final : public promise_with_result<void> {
 public:
  inline beat::task<void> get_return_object() noexcept;
  void return_void() noexcept {
    keep([] {});
  }
};

/// How other headers begin and read a task.
struct task_access {
  template <class T>
  static auto handle(beat::task<T> const& t) {
    return t.handle();
  }
};

}  // namespace detail

/// A coroutine with a result: `beat::task<int> f() { co_return 42; }`. It begins once it is awaited, by `co_await f()`,
/// `sync_wait`, `when_all` or a scope, and an exception goes to the one who awaits it. Loops and recursion of tasks
/// that end at once need no stack, where the compiler makes tail calls: g++ does so from -O2 on, and not for
/// sanitizers. A task may be dropped before it begins; a begun one ends before it is destroyed.
template <class T = void>
class [[nodiscard("a task that nobody awaits never begins")]] task {
 public:
  using promise_type = detail::task_promise<T>;
  using result_type = T;

  task() noexcept = default;
  task(task&& other) noexcept : handle_{std::exchange(other.handle_, nullptr)} {}
  task& operator=(task&& other) noexcept {
    task{std::move(other)}.swap(*this);
    return *this;
  }
  ~task() {
    if (handle_) handle_.destroy();
  }
  void swap(task& other) noexcept { std::swap(handle_, other.handle_); }

  /// Whether it refers to a coroutine.
  bool valid() const noexcept { return handle_ != nullptr; }

  /// *Throws:* error{no_state}.
  auto operator co_await() && { return awaiter{handle()}; }

  /// For its promise.
  explicit task(std::coroutine_handle<promise_type> h) noexcept : handle_{h} {}

 private:
  friend detail::task_access;

  class awaiter {
   public:
    explicit awaiter(std::coroutine_handle<promise_type> h) noexcept : awaited_{h} {}

    bool await_ready() const noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> awaiting) noexcept {
      awaited_.promise().awaiting = awaiting;
      awaited_.promise().stop = detail::stop_token_of(awaiting.promise());
      return awaited_;
    }
    T await_resume() { return awaited_.promise().take(); }

   private:
    std::coroutine_handle<promise_type> awaited_;
  };

  /// *Throws:* error{no_state}.
  std::coroutine_handle<promise_type> handle() const {
    if (!handle_) detail::throw_error(errc::no_state, "the task refers to no coroutine: it is empty or moved from");
    return handle_;
  }

  std::coroutine_handle<promise_type> handle_;
};

namespace detail {

template <class T>
beat::task<T> task_promise<T>::get_return_object() noexcept {
  return beat::task<T>{std::coroutine_handle<task_promise>::from_promise(*this)};
}

inline beat::task<void> task_promise<void>::get_return_object() noexcept {
  return beat::task<void>{std::coroutine_handle<task_promise>::from_promise(*this)};
}

}  // namespace detail

}  // namespace beat::inline v0
