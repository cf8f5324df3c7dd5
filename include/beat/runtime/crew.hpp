#pragma once
// SPDX-License-Identifier: MIT
// The crew: what the workers of one pool share. The table of workers only grows while the pool lives, so a thief may
// look at any worker it finds there.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <stop_token>
#include <utility>
#include <vector>

#include <beat/base/atomics.hpp>
#include <beat/base/error.hpp>
#include <beat/base/random.hpp>
#include <beat/base/unique_function.hpp>
#include <beat/runtime/event_count.hpp>
#include <beat/runtime/gate.hpp>
#include <beat/runtime/inbox.hpp>
#include <beat/runtime/lane.hpp>
#include <beat/runtime/layout.hpp>
#include <beat/runtime/places.hpp>
#include <beat/runtime/queueing.hpp>
#include <beat/runtime/roster.hpp>
#include <beat/runtime/task.hpp>
#include <beat/runtime/tuning.hpp>

namespace beat::inline v0::detail {

/// Monotonic time in nanoseconds.
inline std::int64_t now() noexcept {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

/// The time at which `duration` is over; a duration that no clock can hold means a century.
template <class Rep, class Period>
std::int64_t deadline_after(std::chrono::duration<Rep, Period> duration) noexcept {
  constexpr std::chrono::hours century{24 * 36525};
  std::chrono::duration<double> const length{duration};
  if (length <= std::chrono::duration<double>::zero()) return now();
  return now() + std::chrono::nanoseconds{length < std::chrono::duration<double>{century}
                                              ? std::chrono::duration_cast<std::chrono::nanoseconds>(duration)
                                              : std::chrono::nanoseconds{century}}
                     .count();
}

/// What is left until a point in time: nothing where it has passed, however long ago.
template <class Clock, class Duration>
auto left_until(std::chrono::time_point<Clock, Duration> time) {
  auto const present = Clock::now();
  using length = decltype(time - present);
  return time <= present ? length::zero() : time - present;
}

[[noreturn]] BEAT_NO_INLINE inline void refuse() {
  throw_error(errc::pool_shutdown,
              "the pool takes no more work: submit before its shutdown, or to another pool; after a fork(2) the child "
              "needs a pool of its own");
}

class crew {
 public:
  crew(std::uint32_t workers, std::uint32_t capacity, std::unique_ptr<layout const> first,
       scheduler_tuning const& numbers)
      : people{workers, first->homes()},
        tuning{numbers},
        homes_{first->homes()},
        inboxes_{std::make_unique<inbox<task, std_atomics>[]>(std::size_t{numbers.priorities} * homes_)},
        layout_{first.get()},
        capacity_{capacity},
        table_{std::make_unique<std::atomic<worker*>[]>(capacity)} {
    layouts_.push_back(std::move(first));
  }

  roster<std_atomics> people;
  gate<std_atomics> tasks;
  event_count<std_atomics> settled;     // what wait() and task_group::wait() sleep on
  std::atomic<bool> cancelling{false};  // written by cancel_rest(): queued tasks are cancelled
  std::stop_source const stopping;      // requested by it: for running tasks that take a stop token
  std::atomic<bool> ending{false};      // written at the end of the pool: its threads leave
  scheduler_tuning const tuning;
  unique_function<void(std::exception_ptr)> on_exception;  // for tasks that nobody waits for
  unique_function<bool()> admission;                       // asked before a task from outside is made
  places<std_atomics> queue_places;                        // in its queues, where these are bounded
  when_full on_full = when_full::block;                    // for a task from outside that finds them full

  /// Tasks from outside are left at one of so many homes: those of the workers, who may move, but on the same machine.
  std::uint32_t homes() const noexcept { return homes_; }
  inbox<task, std_atomics>& arrivals(std::uint32_t home, priority level = priority::normal) noexcept {
    return inboxes_[rank(level) * homes_ + home];
  }
  std::uint32_t home_of(std::uint32_t id) const noexcept { return homes_ == 1 ? 0 : where().home(id); }
  std::uint32_t home_here() const noexcept { return homes_ == 1 ? 0 : where().home_here(); }
  bool has_arrivals(std::uint32_t home) const noexcept {
    for (std::uint32_t i = home; i < tuning.priorities * homes_; i += homes_)
      if (!inboxes_[i].empty()) return true;
    return false;
  }
  bool has_arrivals() const noexcept {
    for (std::uint32_t i = 0; i < homes_; ++i)
      if (has_arrivals(i)) return true;
    return false;
  }

  /// Leaves a task at a home, at a level that this pool has.
  void leave_at(std::uint32_t home, priority level, task* t) noexcept {
    if (level != priority::normal && !has_levels()) has_levels_.store(true, std::memory_order_relaxed);
    left_.fetch_add(1, std::memory_order_relaxed);
    arrivals(home, level).push(t);  // who finds it there sees has_levels()
  }

  /// Whether a task ever came that was not of normal priority: otherwise nobody looks for such.
  bool has_levels() const noexcept { return has_levels_.load(std::memory_order_relaxed); }

  /// Where the workers are. It may be replaced at any time, and what was replaced lives as long as the pool.
  layout const& where() const noexcept {
    return *layout_.load(std::memory_order_acquire);  // acquire: the layout; pairs with the store in replace_layout()
  }

  /// Calls `rob(worker&)` for one after the other until that is true: for those near the worker `id` first, and each
  /// tier from anywhere on.
  template <class Rob>
  bool near_first(std::uint32_t id, random& dice, Rob rob) const {
    layout const& now = where();
    std::uint32_t const placed = now.placed();
    if (id >= placed) return anyone(dice, rob);
    robbing_order const& order = now.order(id);
    for (std::size_t i = 0; i < order.tier_ends.size(); ++i) {
      auto const tier = order.tier(i);
      auto const id_of = [tier](std::uint32_t n) { return tier[n]; };
      if (any_of(static_cast<std::uint32_t>(tier.size()), id_of, dice, rob)) return true;
    }
    return any_of(size() - placed, [placed](std::uint32_t n) { return placed + n; }, dice, rob);
  }

  template <class Rob>
  bool anyone(random& dice, Rob rob) const {
    return any_of(size(), [](std::uint32_t n) { return n; }, dice, rob);
  }

  std::uint32_t capacity() const noexcept { return capacity_; }
  std::uint32_t size() const noexcept {
    // acquire: the table's entries; pairs with the store in add()
    return size_.load(std::memory_order_acquire);
  }
  worker* at(std::uint32_t id) const noexcept {
    return table_[id].load(std::memory_order_acquire);  // acquire: the worker; pairs with the store in add()
  }

  task_action action() const noexcept {
    return cancelling.load(std::memory_order_relaxed) ? task_action::cancel : task_action::run;
  }

  /// From now on no task begins, and those that run are asked to stop.
  void cancel_rest() noexcept {
    cancelling.store(true, std::memory_order_relaxed);
    stopping.request_stop();
  }

  /// Counts tasks out and tells those who wait for quiet.
  void report(std::uint64_t count) noexcept {
    if (tasks.finish(count)) settled.notify_all();
  }

  /// A bounded queue counts what is queued unasked, and what begins. A task that is claimed counts itself.
  void count_queued(task const& t) noexcept {
    if (queue_places.is_bounded() && !t.is_claimed()) queue_places.take_anyway();
  }
  void count_begun(task const& t) noexcept {
    if (queue_places.is_bounded() && !t.is_claimed()) queue_places.give_back();
  }

  /// Between these two the pool does not end, for one who brings a task later, or uses the pool after it counted one
  /// out. It may be gone when let_go() returns.
  void hold() noexcept { expected_.fetch_add(1, std::memory_order_relaxed); }
  void let_go() noexcept {
    expected_.fetch_sub(1, std::memory_order_release);  // release: the last use of the pool; pairs with end()
  }

  /// How many tasks were left at a home, for whoever looks on.
  std::uint64_t left() const noexcept { return left_.load(std::memory_order_relaxed); }

  /// Sees that as many pool threads as there are permits do not block inside a task.
  virtual void start_spare() noexcept = 0;

  /// Counts as cancelled a task that was claimed by a thread without a worker.
  /// The pool may be gone when this returns.
  void discarded() noexcept {
    hold();  // seen by who sees the report
    discarded_.fetch_add(1, std::memory_order_relaxed);
    report(1);
    let_go();
  }

 protected:
  ~crew() = default;

  std::atomic<std::uint64_t> discarded_{0};  // tasks that were cancelled by a thread without a worker
  // Tasks that were expected and have not arrived, and threads that cancel one, or wait for a place: written by those,
  // read at the end of the pool.
  std::atomic<std::uint64_t> expected_{0};

  /// Called under the workforce's lock. *Throws:* std::bad_alloc.
  void replace_layout(std::unique_ptr<layout const> next) {
    layouts_.push_back(std::move(next));
    layout_.store(layouts_.back().get(), std::memory_order_release);  // release: the layout; pairs with where()
  }

  /// Once, before there is another.
  void add_first(std::vector<std::unique_ptr<worker>> const& workers) noexcept {
    for (std::size_t i = 0; i < workers.size(); ++i) table_[i].store(workers[i].get(), std::memory_order_relaxed);
    // release: the entries and the workers; pairs with size()
    size_.store(static_cast<std::uint32_t>(workers.size()), std::memory_order_release);
  }

  /// Called under the workforce's lock.
  void add(worker* w) noexcept {
    std::uint32_t const id = size_.load(std::memory_order_relaxed);
    table_[id].store(w, std::memory_order_release);  // release: the worker; pairs with at()
    size_.store(id + 1, std::memory_order_release);  // release: the entry; pairs with size()
  }

 private:
  // Where a level is among the inboxes: the normal one first, as a pool may have no other.
  static constexpr std::uint32_t rank(priority level) noexcept {
    return level == priority::normal ? 0 : level == priority::high ? 1 : 2;
  }

  template <class IdOf, class Rob>
  bool any_of(std::uint32_t count, IdOf id_of, random& dice, Rob rob) const {
    std::uint32_t const start = dice.below(count);
    for (std::uint32_t i = 0; i < count; ++i)
      if (rob(*at(id_of((start + i) % count)))) return true;
    return false;
  }

  std::uint32_t const homes_;
  std::unique_ptr<inbox<task, std_atomics>[]> const inboxes_;  // one for each level and home
  std::vector<std::unique_ptr<layout const>> layouts_;         // those of before, and the one of today
  std::atomic<layout const*> layout_;                          // written by replace_layout(), read by all threads
  std::uint32_t const capacity_;
  std::unique_ptr<std::atomic<worker*>[]> const table_;
  std::atomic<std::uint32_t> size_{0};
  std::atomic<std::uint64_t> left_{0};   // tasks, at a home; written by who brings them
  std::atomic<bool> has_levels_{false};  // written, once, by who brings a task that is not normal; read by workers
};

}  // namespace beat::inline v0::detail
