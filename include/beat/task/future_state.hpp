#pragma once
// SPDX-License-Identifier: MIT
// What a future refers to: a result to come, shared by the future and by whoever is to give it. Most are tasks, others
// wait for tasks. Invariant: it ends once, then tells its follower; it lives while somebody holds a share of it.

#include <atomic>
#include <concepts>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <stop_token>
#include <type_traits>
#include <utility>
#include <vector>

#include <beat/base/error.hpp>
#include <beat/runtime/visit.hpp>
#include <beat/task/attributes.hpp>
#include <beat/task/outcome.hpp>

namespace beat::inline v0::detail {

/// Who is told, once, that what it follows has ended.
struct follower {
  /// May end something itself, and then returns who follows on that, or null. The follower may be gone afterwards.
  virtual follower* leader_ended() noexcept = 0;

 protected:
  ~follower() = default;
};

class awaited_task;

struct share_of_task {
  void operator()(awaited_task* t) const noexcept;
};
/// A share of a state that somebody else may give up meanwhile.
using task_share = std::unique_ptr<awaited_task, share_of_task>;

/// A state without regard to its type.
class awaited_task : public task {
 public:
  completion<std_atomics> done;

 private:
  // The second of the two that set it knows that there was a place. True where the task is queued from the start.
  std::atomic<bool> was_queued_or_begun_{true};

 public:
  scheduler* const pool;  // where it runs, or null where nothing is to be run for it

  /// Runs or cancels it on `me`, by the one who claimed it. Keeps what it holds alive only if the caller does.
  task_effect settle_claimed(task_action action, worker& me) noexcept {
    leave_queue();
    runner_.store(&me, std::memory_order_relaxed);
    bool const is_called_off = action == task_action::cancel || stop_.stop_requested();
    task_outcome const how = is_called_off ? cancel(errc::cancelled)
                             : is_late()   ? cancel(errc::deadline_exceeded)
                                           : execute(me);
    end(how);
    return effect_of(how);
  }

  /// By the one who claimed it. A loop, so that what ends at once by this needs no stack.
  void end(task_outcome how) noexcept {
    for (follower* told = end_untold(how); told != nullptr;) told = told->leader_ended();
  }

  /// The same for a follower, which returns what this returns.
  [[nodiscard]] follower* end_untold(task_outcome how) noexcept { return done.end(how) ? follower_ : nullptr; }

  /// Sees that `f` is told of the end, by the only one who may ask for that. False where it has ended.
  [[nodiscard]] bool follow_by(follower& f) noexcept {
    follower_ = &f;
    return done.follow();
  }

  /// Whether the calling thread is inside this task, so that waiting for it would never end.
  bool runs_on_this_thread() const noexcept {
    worker const* const runner = runner_.load(std::memory_order_relaxed);
    for (worker* w = held_workers; w != nullptr; w = w->next_held)
      if (w == runner) return true;
    return false;
  }

  /// Whether its pool stayed behind in the parent of a fork(2): it may never end, and the pool may be gone.
  bool is_orphaned() const noexcept { return platform::fork_count() != born_after_; }

  /// Cancels it unless somebody has claimed it; then says false.
  bool discard() noexcept {
    if (!done.claim()) return false;
    leave_queue();
    end(cancel(errc::cancelled));
    pool->discarded();
    return true;
  }

  /// The task's own stop source, for one that runs.
  void request_own_stop() noexcept { own_stop_.request_stop(); }

  /// Something that has to end before this can begin or end, and has not yet.
  virtual task_share predecessor() noexcept { return {}; }

  /// Appends all that this waits for. *Throws:* std::bad_alloc.
  virtual void list_predecessors(std::vector<task_share>&) {}

  void keep() noexcept { holders_.fetch_add(1, std::memory_order_relaxed); }
  void release() noexcept {
    // acq_rel: everything done with the state comes before its end; pairs with itself in the other holder
    if (holders_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

  virtual ~awaited_task() = default;

 protected:
  /// A task.
  awaited_task(scheduler& where, std::stop_token stop, std::stop_source own_stop) noexcept
      : task{&settle_queued, claimed{}}, pool{&where}, stop_{std::move(stop)}, own_stop_{std::move(own_stop)} {}

  /// What is no task: it counts as running until it ends.
  explicit awaited_task(scheduler* where) noexcept : task{nullptr}, pool{where} { static_cast<void>(done.claim()); }

  /// One that is queued later, if it has not begun until then: between these two a place of a bounded queue is its own.
  void is_queued_later() noexcept { was_queued_or_begun_.store(false, std::memory_order_relaxed); }
  void enter_queue() noexcept {
    if (pool->queue_places.is_bounded() && !was_queued_or_begun_.exchange(true, std::memory_order_relaxed))
      pool->queue_places.take_anyway();
  }

 private:
  /// By the one who claimed it.
  void leave_queue() noexcept {
    if (pool->queue_places.is_bounded() && was_queued_or_begun_.exchange(true, std::memory_order_relaxed))
      pool->queue_places.give_back();
  }

  static task_effect settle_queued(task* self, task_action action, worker& me) noexcept {
    auto& t = static_cast<awaited_task&>(*self);
    task_effect const effect = t.done.claim() ? t.settle_claimed(action, me) : task_effect::none;
    t.release();
    return effect;
  }

  virtual task_outcome execute(worker&) noexcept { return task_outcome::cancelled; }
  virtual task_outcome cancel(errc) noexcept { return task_outcome::cancelled; }

  std::stop_token stop_;
  std::stop_source own_stop_{std::nostopstate};
  follower* follower_ = nullptr;                // written before done.follow(), read by the one who ends it
  std::atomic<worker const*> runner_{nullptr};  // written by the one who claimed it
  std::atomic<std::uint32_t> holders_{2};
  std::uint32_t const born_after_ = platform::fork_count();  // so many forks
};

inline void share_of_task::operator()(awaited_task* t) const noexcept { t->release(); }

inline task_share share(awaited_task& t) noexcept {
  t.keep();
  return task_share{&t};
}

/// Requests that `t` stops, and all that only it waits for, however long the chains of that are. True where `t` had not
/// begun and is cancelled. *Throws:* std::bad_alloc.
inline bool request_stop_of(awaited_task& t) {
  std::vector<task_share> left;
  auto const stop = [&left](awaited_task& one) {
    one.list_predecessors(left);  // before its end, which gives them up
    bool const is_cancelled = one.discard();
    if (!is_cancelled) one.request_own_stop();
    return is_cancelled;
  };
  bool const is_cancelled = stop(t);
  while (!left.empty()) {
    task_share const next = std::move(left.back());
    left.pop_back();
    stop(*next);
  }
  return is_cancelled;
}

template <class T>
class future_state : public awaited_task {
 public:
  using awaited_task::awaited_task;

  ~future_state() override {
    // A state that was never queued has not ended.
    if (done.has_ended() && !taken) value.discard(has_failed());
  }

  /// Only after it has ended, like those below.
  T take() {
    taken = true;
    return value.take(has_failed());
  }

  bool has_failed() const noexcept { return done.outcome() != task_outcome::completed; }

  /// Only where it has failed.
  std::exception_ptr take_error() noexcept {
    taken = true;
    return value.take_error();
  }

  /// Keeps error{code}; without memory for its text, std::bad_alloc.
  void fail(errc code, char const* message) noexcept {
    try {
      throw_error(code, message);
    } catch (...) {
      value.fail(std::current_exception());
    }
  }

  /// Keeps why the task never began.
  void fail_unbegun(errc why) noexcept {
    fail(why, why == errc::deadline_exceeded ? "the task did not start in time"
                                             : "the task was cancelled before it started");
  }

  outcome<T> value;
  bool taken = false;
};

template <class F>
class submitted final : public future_state<call_result_t<F&>> {
 public:
  using result = call_result_t<F&>;

  template <class G>
  submitted(scheduler& where, G&& f, std::stop_token stop, std::stop_source own_stop)
      : future_state<result>{where, std::move(stop), std::move(own_stop)},
        callable_{std::in_place, std::forward<G>(f)} {}

 private:
  task_outcome execute(worker& me) noexcept override {
    bool const returned = this->value.capture([&]() -> result {
      running_scope const there{*this, me};
      return call(*callable_, me);
    });
    callable_.reset();  // what it captured is released with the task, not with the future
    return returned ? task_outcome::completed : task_outcome::failed;
  }

  task_outcome cancel(errc why) noexcept override {
    callable_.reset();
    this->fail_unbegun(why);
    return task_outcome::cancelled;
  }

  std::optional<F> callable_;
};

}  // namespace beat::inline v0::detail
