#pragma once
// SPDX-License-Identifier: MIT
// The future of a submitted task. A thread that waits for a task which nobody has begun runs it itself; it never runs
// anything else meanwhile, except what that task waits for.

#include <chrono>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

#include <beat/base/error.hpp>
#include <beat/runtime/pool.hpp>
#include <beat/task/await_task.hpp>
#include <beat/task/future_state.hpp>

namespace beat::inline v0 {

template <class T>
class future;

namespace detail {

// What `f` is called with after a task with the result T: its value, if it takes that, or else the future.
template <class F, class T>
struct continued_by_value : std::is_invocable<F&, T> {};
template <class F>
struct continued_by_value<F, void> : std::is_invocable<F&> {};

template <class F, class T, bool ByValue = continued_by_value<F, T>::value>
struct continuation_result : std::invoke_result<F&, future<T>> {};
template <class F, class T>
struct continuation_result<F, T, true> : std::invoke_result<F&, T> {};
template <class F>
struct continuation_result<F, void, true> : std::invoke_result<F&> {};

/// Whom a future and those who wait for it have in common.
struct future_access;

}  // namespace detail

/// What can follow on a future<T>: callable with a T (with nothing where that is void), or else with a ready future<T>.
template <class F, class T>
concept continuation_of = detail::continued_by_value<F, T>::value || std::is_invocable_v<F&, future<T>>;

/// The result of a task, to come: a value, what the task threw, or one of three errors. error{cancelled}: the task
/// did not begin, as somebody had requested a stop or the pool was stopped. error{deadline_exceeded}: it did not begin
/// in time. error{abandoned}: who had promised the result is gone without it. Movable; dropping a future leaves its
/// task alone. It may outlive its pool, but then only is_ready() and get() are left to call, and a call that waits may
/// not be in progress; nor may one when the pool of something that it follows on ends.
template <class T>
class [[nodiscard("post() is for tasks whose result nobody needs")]] future {
 public:
  using result_type = T;

  future() noexcept = default;
  future(future&& other) noexcept : state_{std::exchange(other.state_, nullptr)} {}
  future& operator=(future&& other) noexcept {
    future{std::move(other)}.swap(*this);
    return *this;
  }
  ~future() {
    if (state_ != nullptr) state_->release();
  }
  void swap(future& other) noexcept { std::swap(state_, other.state_); }

  /// Whether it refers to a task whose result was not taken yet.
  bool valid() const noexcept { return state_ != nullptr; }

  /// Whether get() would return at once. *Throws:* error{no_state}.
  bool is_ready() const { return state().done.has_ended(); }

  /// Waits until the task has ended; runs it on this thread if nobody has begun it.
  /// *Throws:* error{no_state}; error{self_wait} from inside the task itself; error{pool_shutdown} in the child of a
  /// fork, where it will never end.
  void wait() const { detail::wait_for_task(state(), std::nullopt); }

  /// Waits for at most `duration`, without running anything. True where the task has ended. *Throws:* as wait().
  template <class Rep, class Period>
  [[nodiscard("false means that the task goes on")]] bool wait_for(std::chrono::duration<Rep, Period> duration) const {
    detail::wait_for_task(state(), detail::deadline_after(duration));
    return state_->done.has_ended();
  }

  /// The same until a point in time, of any clock.
  template <class Clock, class Duration>
  [[nodiscard("false means that the task goes on")]] bool wait_until(
      std::chrono::time_point<Clock, Duration> time) const {
    return wait_for(detail::left_until(time));
  }

  /// Waits as wait() and returns the result, once: the future is empty afterwards.
  /// *Throws:* what the task threw; error{cancelled}; error{deadline_exceeded}; error{abandoned}; as wait().
  T get() {
    wait();
    future const emptied{std::move(*this)};
    return emptied.state_->take();
  }

  /// For pcall, before its future goes: cancels the task if it has not begun, else waits for its end. Inside of the
  /// task itself there is no use in waiting, and nor is there in the child of a fork: then the task is left alone.
  void discard() noexcept {
    if (!valid() || state_->is_orphaned()) return;
    if (!state_->discard() && !state_->runs_on_this_thread()) wait();
  }

  /// Cancels the task if it has not begun: then it is true. One that runs sees it by its stop token, if its callable
  /// takes one. What only this task waits for is asked as well. In the child of a fork it does nothing.
  /// *Throws:* error{no_state}; std::bad_alloc, and then perhaps not all were asked.
  bool request_stop() const { return !state().is_orphaned() && detail::request_stop_of(state()); }

  /// Lets `f` follow: as a task of the pool, once this one has ended. The future is empty afterwards; returns that of
  /// what `f` returns. `f` takes the value (`then([](int x) { ... })`, or nothing for void); where there is none, it is
  /// not called, and the error is passed on. An `f` that takes a `beat::future<T>` instead gets a ready one, whatever
  /// is in it. (What takes both, as one with an `auto` parameter, gets the value.) Where the pool is stopped, or stop
  /// is requested in time, it ends as cancelled. *Throws:* error{no_state}; error{pool_shutdown}, from outside of a
  /// pool that is closed; std::bad_alloc. Then the future is as it was.
  template <class F>
    requires continuation_of<std::decay_t<F>, T>
  auto then(F&& f);

  /// The same as a task of another pool, which lives at least until this task has ended.
  template <class Policy, class F>
    requires continuation_of<std::decay_t<F>, T>
  auto then(basic_thread_pool<Policy>& pool, F&& f);

  /// Takes one share of the state over.
  explicit future(detail::future_state<T>& state) noexcept : state_{&state} {}

 private:
  friend detail::future_access;

  detail::future_state<T>& state() const {
    if (state_ == nullptr)
      detail::throw_error(errc::no_state, "the future refers to no task: it is empty, moved from, or get() was called");
    return *state_;
  }

  detail::future_state<T>* state_ = nullptr;
};

namespace detail {

struct future_access {
  /// *Throws:* error{no_state}.
  template <class T>
  static future_state<T>& state(future<T> const& f) {
    return f.state();
  }
  /// The share of the state, of a future that is valid.
  template <class T>
  static future_state<T>* release(future<T>& f) noexcept {
    return std::exchange(f.state_, nullptr);
  }
};

}  // namespace detail

}  // namespace beat::inline v0
