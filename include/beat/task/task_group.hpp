#pragma once
// SPDX-License-Identifier: MIT
// The task group: tasks that are waited for together, and that may add others.

#include <atomic>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <stop_token>
#include <type_traits>
#include <utility>

#include <beat/base/error.hpp>
#include <beat/runtime/pool.hpp>
#include <beat/task/family.hpp>
#include <beat/task/submit.hpp>

namespace beat::inline v0 {

/// Tasks that are waited for together. The destructor waits.
/// *Thread safety:* run and stop from any thread, also from the group's own tasks; wait from one thread at a time.
class task_group {
 public:
  template <class Policy>
  explicit task_group(basic_thread_pool<Policy>& pool) : pool_{scheduler_of(pool)}, tasks_{pool_, this} {}

  task_group(task_group const&) = delete;
  task_group& operator=(task_group const&) = delete;

  /// Waits; an exception that wait() did not hand out is dropped.
  ~task_group() { tasks_.settle(); }

  /// Queues `f`. Its priority counts where the caller is no task of the pool. *Throws:* error{pool_shutdown};
  /// error{invalid_argument} where it is pinned to a node on which the pool can't run it; std::bad_alloc; then nothing
  /// was queued.
  template <class F>
    requires task_body<std::decay_t<F>>
  void run(F&& f, task_options const& options = {}) {
    auto t = std::make_unique<member<std::decay_t<F>>>(*this, std::forward<F>(f), options.stop);
    std::optional<node_id> const where = detail::equip(pool_, *t, options);
    tasks_.add();
    if (!pool_.accept(t.get(), where, options.priority)) {
      tasks_.leave();
      detail::refuse();
    }
    static_cast<void>(t.release());
  }

  /// Waits until every task of the group has ended; then it can be used again. Until then tasks may add others.
  /// *Throws:* the first exception that a task threw; error{self_wait} from inside a task of the group;
  /// error{pool_shutdown} in the child of a fork.
  void wait() {
    for (running const* r = innermost; r != nullptr; r = r->outer) {
      if (r->group == this)
        detail::throw_error(errc::self_wait, "a task waits for the group that it belongs to: wait from outside of it");
    }
    tasks_.settle();
    if (pool_.is_orphaned()) detail::refuse();
    if (has_error_.load(std::memory_order_relaxed) != 0) {
      has_error_.store(0, std::memory_order_relaxed);
      std::rethrow_exception(std::exchange(error_, nullptr));
    }
  }

  /// Cancels what has not started. What runs may look at stop_token().
  void stop() noexcept { stop_.request_stop(); }
  std::stop_token stop_token() const noexcept { return stop_.get_token(); }

 private:
  // Which groups' tasks the calling thread is inside of.
  struct running {
    task_group const* group;
    running const* outer;
  };
  static inline constinit thread_local running const* innermost = nullptr;

  template <class F>
  class member final : public detail::task {
   public:
    template <class G>
    member(task_group& group, G&& f, std::stop_token stop)
        : task{&settle_member, &group}, group_{group}, callable_(std::forward<G>(f)), own_stop_{std::move(stop)} {}

   private:
    static detail::task_effect settle_member(task* self, detail::task_action action, detail::worker& me) noexcept {
      std::unique_ptr<member> t{static_cast<member*>(self)};
      task_group& group = t->group_;
      detail::task_effect effect = detail::task_effect::cancelled;
      bool const is_stopped = group.stop_.stop_requested() || t->own_stop_.stop_requested() || t->is_late();
      if (action == detail::task_action::run && !is_stopped) {
        running const here{&group, std::exchange(innermost, &here)};
        try {
          detail::running_scope const there{*t, me};
          detail::call(t->callable_, me);
          effect = detail::task_effect::completed;
        } catch (...) {
          group.fail(std::current_exception());
          effect = detail::task_effect::failed;
        }
        innermost = here.outer;
      }
      t.reset();             // what the task captured is gone before wait() returns
      group.tasks_.leave();  // the group may be gone from here on
      return effect;
    }

    task_group& group_;
    F callable_;
    std::stop_token own_stop_;
  };

  void fail(std::exception_ptr error) noexcept {
    // relaxed: wait() reads error_ after the last leave()
    if (has_error_.exchange(1, std::memory_order_relaxed) == 0) error_ = std::move(error);
  }

  detail::scheduler& pool_;
  detail::family tasks_;
  std::atomic<std::uint32_t> has_error_{0};
  std::exception_ptr error_;  // by the first that failed
  std::stop_source stop_;
};

}  // namespace beat::inline v0
