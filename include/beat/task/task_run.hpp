#pragma once
// SPDX-License-Identifier: MIT
// The task run: what the run of a graph and that of a pipeline share. Where their tasks are queued, how the end is
// waited for, and whether it goes on: a failure or a request to stop ends it early.

#include <atomic>
#include <exception>
#include <optional>
#include <stop_token>
#include <utility>

#include <beat/base/error.hpp>
#include <beat/runtime/scheduler.hpp>
#include <beat/task/family.hpp>

namespace beat::inline v0::detail {

class task_run {
 public:
  task_run(task_run const&) = delete;
  task_run& operator=(task_run const&) = delete;

 protected:
  /// Its tasks have `id` as their family. Where `here` is a lane outside of pools, everything runs inline.
  task_run(lane& here, void const* id, std::stop_token stop) : stop_{std::move(stop)} {
    if (here.self == nullptr) return;
    pool_ = &static_cast<scheduler&>(here.self->shared());  // every crew is one
    tasks_.emplace(*pool_, id).add();
  }
  ~task_run() = default;

  /// Null where everything runs inline.
  scheduler* pool() const noexcept { return pool_; }

  void queue(task* t, lane& here) noexcept {
    if (pool_ != nullptr)
      here.self->queue(t);
    else
      t->next = std::exchange(queued_, t);
  }

  /// Returns after end(), or in the child of a fork(2). `run(task)` runs one inline.
  template <class Run>
  void await_end(Run run) noexcept {
    if (pool_ != nullptr) return tasks_->settle();
    while (queued_ != nullptr) run(std::exchange(queued_, queued_->next));
  }

  /// By the last task. This may be gone from here on.
  void end() noexcept {
    if (pool_ != nullptr) tasks_->leave();
  }

  /// Whether nothing more is to be begun.
  bool is_stopped() noexcept {
    if (has_error_.load(std::memory_order_relaxed)) return true;
    bool const is_cancelled = pool_ != nullptr && pool_->action() == task_action::cancel;
    if (!is_cancelled && !stop_.stop_requested()) return false;
    was_stopped_.store(true, std::memory_order_relaxed);
    return true;
  }

  /// Keeps the first exception, and stops.
  void fail(std::exception_ptr error) noexcept {
    // relaxed: whoever reads error_ does so after the end
    if (!has_error_.exchange(true, std::memory_order_relaxed)) error_ = std::move(error);
  }

  /// Whether something was not begun, for whoever knows all that was done.
  bool is_cut() const noexcept {
    return has_error_.load(std::memory_order_relaxed) || was_stopped_.load(std::memory_order_relaxed);
  }

  /// After the end. *Throws:* the first exception; error{cancelled} with `message`; error{pool_shutdown} in the child
  /// of a fork.
  void throw_if_cut(char const* message) const {
    if (pool_ != nullptr && pool_->is_orphaned()) refuse();
    if (error_) std::rethrow_exception(error_);
    if (was_stopped_.load(std::memory_order_relaxed)) throw_error(errc::cancelled, message);
  }

 private:
  std::stop_token const stop_;
  scheduler* pool_ = nullptr;
  std::optional<family> tasks_;           // holds one until the end
  task* queued_ = nullptr;                // where there is no pool
  std::exception_ptr error_;              // written by the first that failed
  std::atomic<bool> has_error_{false};    // written by whoever fails, read before each task
  std::atomic<bool> was_stopped_{false};  // written by whoever begins nothing more, as stop was requested
};

}  // namespace beat::inline v0::detail
