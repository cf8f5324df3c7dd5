#pragma once
// SPDX-License-Identifier: MIT
// The async scope: coroutines that were begun together, without anybody who awaits each, and end before it does.
// Included by task/coroutine.hpp.

#include <condition_variable>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <memory>
#include <mutex>
#include <stop_token>
#include <utility>

#include <beat/base/error.hpp>
#include <beat/runtime/pool.hpp>
#include <beat/task/coroutine_task.hpp>

namespace beat::inline v0 {

/// Coroutines that are begun in a pool, and waited for together. The destructor waits.
/// *Thread safety:* spawn and request_stop from any thread, also from the scope's own coroutines; join or wait from one
/// at a time, and not from these.
class async_scope {
 public:
  /// *Throws:* std::bad_alloc.
  template <class Policy>
  explicit async_scope(basic_thread_pool<Policy>& pool) : pool_{scheduler_of(pool)} {}

  async_scope(async_scope const&) = delete;
  async_scope& operator=(async_scope const&) = delete;

  /// Waits; an exception that nobody was handed is dropped.
  ~async_scope() { settle(); }

  /// Begins `spawned` as a task of the pool. Its value is dropped. It sees the scope's stop token; where stop is
  /// requested, or the pool stopped, before it begins, it never does.
  /// *Throws:* error{pool_shutdown}, error{no_state}, std::bad_alloc; then the task is gone.
  template <class T>
  void spawn(task<T> spawned) {
    static_cast<void>(detail::task_access::handle(spawned));
    auto m = std::make_unique<member<T>>(*this, std::move(spawned));
    enter();
    if (!pool_.accept(m.get())) {
      m.reset();
      leave().resume();  // it may be the last one that somebody waits for
      detail::refuse();
    }
    static_cast<void>(m.release());
  }

  /// `co_await scope.join()`: goes on once all have ended, where the last one did. *Throws:* as wait().
  [[nodiscard("await it")]] auto join() noexcept { return joining{*this}; }

  /// Blocks until all have ended; then the scope can be used again. Until then its coroutines may spawn others.
  /// *Throws:* the first exception that one of them threw, other than error{cancelled}; error{pool_shutdown} in the
  /// child of a fork.
  void wait() {
    settle();
    if (pool_.is_orphaned()) detail::refuse();
    rethrow();
  }

  /// Tells all coroutines, those that will be spawned too. What waits for its turn in a pool ends with
  /// error{cancelled}.
  void request_stop() noexcept { stop_.request_stop(); }
  std::stop_token stop_token() const noexcept { return token_; }

 private:
  template <class T>
  class member final : public detail::task, public detail::coroutine_starter {
   public:
    member(async_scope& scope, beat::task<T> spawned) noexcept
        : task{&begin}, scope_{scope}, coroutine_{std::move(spawned)} {}

   private:
    static detail::task_effect begin(detail::task* self, detail::task_action action, detail::worker&) noexcept {
      auto& m = static_cast<member&>(*self);
      if (action == detail::task_action::cancel || m.scope_.token_.stop_requested()) {
        m.end().resume();
        return detail::task_effect::cancelled;
      }
      auto const begun = detail::task_access::handle(m.coroutine_);
      begun.promise().starter = &m;
      begun.promise().stop = &m.scope_.token_;
      begun.resume();  // the member may be gone
      return detail::task_effect::completed;
    }

    std::coroutine_handle<> coroutine_ended() noexcept override {
      scope_.keep(detail::task_access::handle(coroutine_).promise().take_error());
      return end();
    }

    /// What the coroutine holds is gone before wait() returns.
    std::coroutine_handle<> end() noexcept {
      async_scope& scope = scope_;
      delete this;
      return scope.leave();
    }

    async_scope& scope_;
    beat::task<T> coroutine_;
  };

  class joining {
   public:
    explicit joining(async_scope& scope) noexcept : scope_{scope} {}
    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> waiting) const noexcept {
      std::lock_guard const lock{scope_.mutex_};
      if (scope_.running_ == 0) return false;
      scope_.joining_ = waiting;
      return true;
    }
    void await_resume() const { scope_.rethrow(); }

   private:
    async_scope& scope_;
  };

  void enter() {
    std::lock_guard const lock{mutex_};
    ++running_;
  }

  /// Who is to go on. The scope may be gone when this returns.
  std::coroutine_handle<> leave() noexcept {
    std::lock_guard const lock{mutex_};
    if (--running_ != 0) return std::noop_coroutine();
    empty_.notify_all();
    return joining_ != nullptr ? std::exchange(joining_, nullptr) : std::noop_coroutine();
  }

  void keep(std::exception_ptr error) noexcept {
    if (error == nullptr || is_cancelled(error)) return;
    std::lock_guard const lock{mutex_};
    if (error_ == nullptr) error_ = std::move(error);
  }

  static bool is_cancelled(std::exception_ptr const& error) noexcept {
    try {
      std::rethrow_exception(error);
    } catch (beat::error const& e) {
      return e.code() == errc::cancelled;
    } catch (...) {
      return false;
    }
  }

  void settle() noexcept {
    if (pool_.is_orphaned()) return;  // what is left is the parent's
    std::unique_lock lock{mutex_};
    if (running_ == 0) return;
    detail::blocked_scope const blocked;
    empty_.wait(lock, [this] { return running_ == 0; });
  }

  void rethrow() {
    std::unique_lock lock{mutex_};
    if (std::exception_ptr const error = std::exchange(error_, nullptr)) {
      lock.unlock();
      std::rethrow_exception(error);
    }
  }

  detail::scheduler& pool_;
  std::stop_source stop_;
  std::stop_token const token_ = stop_.get_token();
  std::mutex mutex_;  // guards what follows
  std::condition_variable empty_;
  std::size_t running_ = 0;
  std::coroutine_handle<> joining_;
  std::exception_ptr error_;  // the first one
};

}  // namespace beat::inline v0
