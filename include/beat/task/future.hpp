#pragma once
// SPDX-License-Identifier: MIT
// The future of a submitted task. A thread that waits for a task which nobody has begun runs it itself; it never runs
// anything else meanwhile. Invariant: the state lives while the queue or the future holds it.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <type_traits>
#include <utility>

#include <beat/base/error.hpp>
#include <beat/runtime/visit.hpp>
#include <beat/task/forked.hpp>
#include <beat/task/outcome.hpp>

namespace beat::inline v0 {

namespace detail {

/// A task with a result: held by the queue, until it is settled, and by its future.
class awaited_task : public task {
 public:
  completion<std_atomics> done;

  /// Runs or cancels it on `me`, by the one who claimed it. Keeps what it holds alive only if the caller does.
  task_effect settle_claimed(task_action action, worker& me) noexcept {
    runner_.store(&me, std::memory_order_relaxed);
    task_outcome const how = action == task_action::cancel || stop_.stop_requested() ? cancel() : execute(me);
    done.end(how);
    return effect_of(how);
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
    done.end(cancel());
    return true;
  }

  void release() noexcept {
    // acq_rel: everything done with the state comes before its end; pairs with itself in the other holder
    if (holders_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

  virtual ~awaited_task() = default;

 protected:
  explicit awaited_task(std::stop_token stop) noexcept : task{&settle_queued}, stop_{std::move(stop)} {}

 private:
  static task_effect settle_queued(task* self, task_action action, worker& me) noexcept {
    auto& t = static_cast<awaited_task&>(*self);
    task_effect const effect = t.done.claim() ? t.settle_claimed(action, me) : task_effect::none;
    t.release();
    return effect;
  }

  virtual task_outcome execute(worker& me) noexcept = 0;
  virtual task_outcome cancel() noexcept = 0;

  std::stop_token stop_;
  std::atomic<worker const*> runner_{nullptr};  // written by the one who claimed it
  std::atomic<std::uint32_t> holders_{2};
  std::uint32_t const born_after_ = platform::fork_count();  // so many forks
};

template <class T>
class future_state : public awaited_task {
 public:
  using awaited_task::awaited_task;

  ~future_state() override {
    // A state that was never queued has not ended.
    if (done.has_ended() && !taken) value.discard(done.outcome() != task_outcome::completed);
  }

  /// Only after it has ended.
  T take() {
    taken = true;
    return value.take(done.outcome() != task_outcome::completed);
  }

  outcome<T> value;
  bool taken = false;
};

template <class F>
class submitted final : public future_state<call_result_t<F&>> {
 public:
  using result = call_result_t<F&>;

  template <class G>
  submitted(G&& f, std::stop_token stop)
      : future_state<result>{std::move(stop)}, callable_{std::in_place, std::forward<G>(f)} {}

 private:
  task_outcome execute(worker& me) noexcept override {
    bool const returned = this->value.capture([&]() -> result { return call(*callable_, me); });
    callable_.reset();  // what it captured is released with the task, not with the future
    return returned ? task_outcome::completed : task_outcome::failed;
  }

  task_outcome cancel() noexcept override {
    callable_.reset();
    try {
      throw_error(errc::cancelled, "the task was cancelled before it started");
    } catch (...) {
      this->value.fail(std::current_exception());  // without memory for the text it is std::bad_alloc
    }
    return task_outcome::cancelled;
  }

  std::optional<F> callable_;
};

/// Waits for `t`, and runs it here if nobody has begun it.
inline void wait_for_task(awaited_task& t, scheduler& pool, std::optional<std::int64_t> deadline);

}  // namespace detail

/// The result of a task, to come. Movable; dropping it leaves the task alone. It may outlive its pool, but a call of
/// wait(), wait_for() or get() that is in progress may not.
template <class T>
class [[nodiscard("post() is for tasks whose result nobody needs")]] future {
 public:
  using result_type = T;

  future() noexcept = default;
  future(future&& other) noexcept
      : state_{std::exchange(other.state_, nullptr)}, pool_{std::exchange(other.pool_, nullptr)} {}
  future& operator=(future&& other) noexcept {
    future{std::move(other)}.swap(*this);
    return *this;
  }
  ~future() {
    if (state_ != nullptr) state_->release();
  }
  void swap(future& other) noexcept {
    std::swap(state_, other.state_);
    std::swap(pool_, other.pool_);
  }

  /// Whether it refers to a task whose result was not taken yet.
  bool valid() const noexcept { return state_ != nullptr; }

  /// Whether get() would return at once. *Throws:* error{no_state}.
  bool is_ready() const { return state().done.has_ended(); }

  /// Waits until the task has ended; runs it on this thread if nobody has begun it.
  /// *Throws:* error{no_state}; error{self_wait} from inside the task itself; error{pool_shutdown} in the child of a
  /// fork, where it will never end.
  void wait() const {
    detail::future_state<T>& awaited = state();
    detail::wait_for_task(awaited, *pool_, std::nullopt);
  }

  /// Waits for at most `duration`, without running anything. True where the task has ended. *Throws:* as wait().
  template <class Rep, class Period>
  [[nodiscard("false means that the task goes on")]] bool wait_for(std::chrono::duration<Rep, Period> duration) const {
    detail::future_state<T>& awaited = state();
    detail::wait_for_task(awaited, *pool_, detail::deadline_after(duration));
    return awaited.done.has_ended();
  }

  /// Waits as wait() and returns the result, once: the future is empty afterwards.
  /// *Throws:* what the task threw; error{cancelled}; as wait().
  T get() {
    wait();
    future const emptied{std::move(*this)};
    return emptied.state_->take();
  }

  /// For pcall, before its future goes: cancels the task if it has not begun, else waits for its end. Inside of the
  /// task itself there is no use in waiting, and nor is there in the child of a fork: then the task is left alone.
  void discard() noexcept {
    if (!valid() || state_->is_orphaned()) return;
    if (state_->discard())
      pool_->discarded();
    else if (!state_->runs_on_this_thread())
      wait();
  }

  /// For the pool.
  future(detail::future_state<T>& state, detail::scheduler& pool) noexcept : state_{&state}, pool_{&pool} {}

 private:
  detail::future_state<T>& state() const {
    if (state_ == nullptr)
      detail::throw_error(errc::no_state, "the future refers to no task: it is empty, moved from, or get() was called");
    return *state_;
  }

  detail::future_state<T>* state_ = nullptr;
  detail::scheduler* pool_ = nullptr;
};

namespace detail {

/// Claims `t` and runs it on this thread: as the worker that it is, or as a guest. False where neither can be.
inline bool run_unbegun(awaited_task& t, scheduler& pool, bool even_without_permit) noexcept {
  if (!t.done.is_queued()) return false;
  auto const run_on = [&](worker& me) {
    if (!t.done.claim()) return false;
    lane_scope const scope{me};
    me.count(t.settle_claimed(pool.action(), me));
    me.report();  // what this thread does next may take long, and need not be a task
    return true;
  };
  if (worker* const mine = pool.mine()) return run_on(*mine);
  visit const guest{pool, even_without_permit};
  bool ran = false;
  if (guest) guest->run_as_region([&] { ran = run_on(*guest); });
  return ran;
}

/// Waits for `t`, which this thread could not run. Where the pool stands still meanwhile, perhaps because its threads
/// block on a lock which this thread holds, it runs `t` after all.
inline void wait_blocked(awaited_task& t, scheduler& pool) {
  while (!t.done.has_ended()) {
    bool const queued = t.done.is_queued();
    bool const stuck = pool.stands_still([&](std::int64_t limit) { queued ? t.done.wait_for(limit) : t.done.wait(); });
    if (queued && stuck) run_unbegun(t, pool, true);
  }
}

inline void wait_for_task(awaited_task& t, scheduler& pool, std::optional<std::int64_t> deadline) {
  if (t.done.has_ended()) return;
  if (t.is_orphaned()) refuse();
  if (!deadline && run_unbegun(t, pool, false)) return;
  if (t.runs_on_this_thread())
    throw_error(errc::self_wait, "a task waits for its own future: wait from outside of the task");
  // A short wait with a deadline only blocks: who polls has to let others run what it polls for.
  std::int64_t const spin = pool.tuning.spin;
  bool const spins = !deadline || *deadline - now() > 2 * spin;
  for (std::int64_t const spin_until = now() + spin; spins && now() < spin_until;) {
    if (t.done.has_ended()) return;
    for (int i = 0; i < 16; ++i) std_atomics::pause();
  }
  if (!deadline) return wait_blocked(t, pool);
  blocked_scope const blocked;
  for (std::int64_t left; !t.done.has_ended() && (left = *deadline - now()) > 0;) t.done.wait_for(left);
}

}  // namespace detail

}  // namespace beat::inline v0
