#pragma once
// SPDX-License-Identifier: MIT
// Where a coroutine goes on: schedule(pool) moves it to a pool, awaiting a future moves it to that future's pool. The
// node of the queue lies in the frame, so nothing is allocated. Included by task/coroutine.hpp.
// Invariant: once it is queued, or told that it will be, the frame belongs to whoever resumes it.

#include <coroutine>
#include <cstdint>
#include <stop_token>
#include <utility>

#include <beat/base/error.hpp>
#include <beat/runtime/pool.hpp>
#include <beat/task/coroutine_task.hpp>
#include <beat/task/future.hpp>
#include <beat/task/queue_in_place.hpp>

namespace beat::inline v0 {

namespace detail {

class schedule_awaiter final : public detail::task {
 public:
  explicit schedule_awaiter(scheduler& pool) noexcept : task{&resume}, pool_{pool} {}

  bool await_ready() const noexcept { return false; }

  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> waiting) noexcept {
    waiting_ = waiting;
    stop_ = stop_token_of(waiting.promise());
    if (is_stopped()) {
      end_ = errc::cancelled;
      return false;
    }
    if (queue_in_place(pool_, this)) return true;  // the frame may be gone
    end_ = errc::pool_shutdown;
    return false;
  }

  void await_resume() const {
    if (end_ == errc::cancelled)
      throw_error(errc::cancelled, "the coroutine was called off while it waited for its turn in the pool");
    if (end_ == errc::pool_shutdown) refuse();
  }

 private:
  static task_effect resume(detail::task* self, task_action action, worker&) noexcept {
    auto& a = static_cast<schedule_awaiter&>(*self);
    bool const is_cancelled = action == task_action::cancel || a.is_stopped();
    if (is_cancelled) a.end_ = errc::cancelled;
    a.waiting_.resume();  // the frame may be gone
    return is_cancelled ? task_effect::cancelled : task_effect::completed;
  }

  bool is_stopped() const noexcept { return stop_ != nullptr && stop_->stop_requested(); }

  scheduler& pool_;
  std::coroutine_handle<> waiting_;
  std::stop_token const* stop_ = nullptr;
  errc end_{};  // why it does not go on as asked
};

template <class T>
class future_awaiter final : public detail::task, public follower {
 public:
  explicit future_awaiter(future<T> awaited) noexcept : task{&resume}, awaited_{std::move(awaited)} {}

  bool await_ready() const { return awaited_.is_ready(); }

  bool await_suspend(std::coroutine_handle<> waiting) {
    future_state<T>& state = future_access::state(awaited_);
    waiting_ = waiting;
    if (!state.pool->expect()) refuse();
    if (!state.follow_by(*this)) leader_ended();
    return true;  // the frame may be gone
  }

  T await_resume() { return awaited_.get(); }

 private:
  follower* leader_ended() noexcept override {
    future_access::state(awaited_).pool->arrive(this);
    return nullptr;
  }

  // Where the pool stops as well: the result is there.
  static task_effect resume(detail::task* self, task_action, worker&) noexcept {
    static_cast<future_awaiter&>(*self).waiting_.resume();  // the frame may be gone
    return task_effect::completed;
  }

  future<T> awaited_;
  std::coroutine_handle<> waiting_;
};

struct stop_token_awaiter {
  bool await_ready() const noexcept { return false; }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> asking) noexcept {
    if (std::stop_token const* const given = stop_token_of(asking.promise())) token = *given;
    return false;
  }
  std::stop_token await_resume() noexcept { return std::move(token); }

  std::stop_token token;
};

}  // namespace detail

/// `co_await schedule(pool)`: the coroutine goes on as a task of the pool. Where stop is requested of the coroutine, or
/// the pool is stopped before its turn, it goes on with an exception, so that all of its frames end.
/// *Throws*, where it is awaited: error{cancelled}; error{pool_shutdown} from outside of a pool that is closed.
template <class Policy>
[[nodiscard("await it")]] detail::schedule_awaiter schedule(basic_thread_pool<Policy>& pool) noexcept {
  return detail::schedule_awaiter{scheduler_of(pool)};
}

/// `co_await std::move(future)`, or of the future that a function returns: its result. Where it is not ready yet, the
/// coroutine goes on in the future's pool.
/// *Throws*, where it is awaited: as future::get; error{pool_shutdown} from outside of a pool that is closed.
template <class T>
[[nodiscard("await it")]] detail::future_awaiter<T> operator co_await(future<T>&& awaited) noexcept {
  return detail::future_awaiter<T>{std::move(awaited)};
}

/// `co_await get_stop_token()`: the token which this coroutine was given by the one who awaits it.
[[nodiscard("await it")]] inline detail::stop_token_awaiter get_stop_token() noexcept { return {}; }

}  // namespace beat::inline v0
