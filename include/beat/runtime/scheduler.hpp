#pragma once
// SPDX-License-Identifier: MIT
// The scheduler: how work enters a pool, from its own threads and from others, and what is known of it. Threads from
// outside come by a visit.
// Invariant: what was admitted is queued where some thread will find it.

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <beat/runtime/worker.hpp>
#include <beat/runtime/workforce.hpp>

namespace beat::inline v0::detail {

class scheduler final : public workforce {
 public:
  scheduler(std::uint32_t workers, std::string name, worker_hooks hooks, std::unique_ptr<layout const> where,
            scheduler_tuning const& numbers)
      : workforce{workers, std::move(name), std::move(hooks), std::move(where), numbers} {}
  scheduler(scheduler const&) = delete;
  scheduler& operator=(scheduler const&) = delete;

  /// Only once it is closed and quiet.
  ~scheduler() { end(); }

  /// The worker of this pool which the calling thread occupies, or null.
  worker* mine() const noexcept {
    if (worker* const w = current_lane->self; w != nullptr && &w->shared() == this) return w;
    for (worker* w = held_workers; w != nullptr; w = w->next_held)
      if (&w->shared() == this) return w;
    return nullptr;
  }

  /// Counts a task in, or a root. False where the pool is closed.
  [[nodiscard("a closed pool takes nothing")]] bool admit(bool from_task) noexcept {
    return !is_orphaned() && tasks.admit(from_task);
  }

  /// Queues a task, best of all for a worker on the node that `hint` names. `has_place`: in the bounded queue, already.
  /// False where the pool is closed; then the task is still the caller's.
  [[nodiscard("a refused task is the caller's")]] bool accept(task* t, std::optional<node_id> hint = {},
                                                              priority level = priority::normal,
                                                              bool has_place = false) noexcept {
    worker* const w = mine();
    if (!admit(w != nullptr)) return false;
    if (queue_places.is_bounded() && !has_place) queue_places.take_anyway();
    enqueue(t, w, hint, level);
    return true;
  }

  /// Counts in a task that is to be queued later, by `arrive`. False where the pool is closed.
  [[nodiscard("a closed pool takes nothing")]] bool expect() noexcept {
    if (!admit(mine() != nullptr)) return false;
    hold();
    return true;
  }

  /// Queues a task that was expected. The pool may be gone when this returns.
  void arrive(task* t) noexcept {
    count_queued(*t);
    enqueue(t, mine(), {}, priority::normal);
    let_go();
  }

  /// A worker for a thread from outside, or null where all are taken or there is no memory for another one. It is free
  /// again once `occupied` is false.
  worker* find_guest() noexcept {
    for (std::uint32_t i = 0; i < size(); ++i) {
      worker* const w = at(i);
      if (w->is_guest() && !w->occupied.load(std::memory_order_relaxed) &&
          !w->occupied.exchange(true, std::memory_order_acquire))  // acquire: its state; pairs with ~visit()
        return w;
    }
    try {
      return &add_guest();
    } catch (...) {
      return nullptr;  // no memory: the caller queues its work instead
    }
  }

  pool_stats stats() const noexcept {
    pool_stats sum{.cancelled = discarded_.load(std::memory_order_relaxed)};
    for (std::uint32_t i = 0; i < size(); ++i) sum = sum + at(i)->counters.snapshot();
    std::uint64_t const admitted = tasks.admitted();  // roots too
    sum.submitted = admitted - std::min(admitted, sum.roots);
    return sum;
  }

  /// Grows whenever something begins or ends in this pool.
  std::uint64_t progress() const noexcept {
    std::uint64_t sum = 0;
    for (std::uint32_t i = 0; i < size(); ++i) sum += at(i)->regions();
    return sum;
  }

  /// What everybody does at this moment, in words, a line each.
  template <class Stream>
  void describe(Stream& out) const {
    out << "pool " << name() << (tasks.is_closed() ? ", closed" : "") << (is_orphaned() ? ", left by a fork" : "")
        << ": " << tasks.admitted() << " tasks and roots admitted, " << tasks.finished() << " reported as finished, "
        << (has_arrivals() ? "some" : "none") << " in the inbox; " << running() << " threads, " << people.unblocked()
        << " not blocked\n";
    people.describe(out);
    for (std::uint32_t i = 0; i < size(); ++i) at(i)->describe(out);
  }

 private:
  void enqueue(task* t, worker* w, std::optional<node_id> hint, priority level) noexcept {
    // A thread that waits for a group finds what it gave to that in its own deque.
    bool const is_of_group = w != nullptr && t->family != nullptr && !t->is_claimed();
    if (tuning.priorities == 1 || is_of_group) level = priority::normal;
    bool const is_hinted = hint && hint->value < homes();
    std::uint32_t const own = w != nullptr ? w->home() : home_here();
    std::uint32_t const home = is_hinted ? hint->value : own;
    bool const is_own = w != nullptr && home == own && level == priority::normal;
    if (!is_own || !w->try_push(t)) leave_at(home, level, t);
    if (!is_hinted || !people.call(home)) people.work_arrived(home);
    if (people.unblocked() == 0) start_spare();  // which failed when the last one blocked
  }
};

}  // namespace beat::inline v0::detail
