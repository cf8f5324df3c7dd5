#pragma once
// SPDX-License-Identifier: MIT
// The scheduler: a crew with its threads. Here threads start, idle, and end; threads from outside come by a visit.
// Invariant: as many pool threads as there are permits do not block inside a task, so that a permit which is free finds
// somebody to use it, and every queued task is run.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <beat/base/error.hpp>
#include <beat/runtime/crew.hpp>
#include <beat/runtime/idling.hpp>
#include <beat/runtime/waiting.hpp>
#include <beat/runtime/worker.hpp>
#include <beat/topology/binding.hpp>

namespace beat::inline v0::detail {

class scheduler final : public crew {
 public:
  static constexpr std::uint32_t max_workers = 1024;
  static constexpr std::uint32_t max_guests = 256;  // threads from outside that take part at once
  static constexpr std::uint32_t max_spares = 256;  // threads that stand in for blocked ones

  /// Each worker is made by its thread, once that is where it belongs: so its memory lies there, too.
  scheduler(std::uint32_t workers, std::string name, std::unique_ptr<layout const> where,
            scheduler_tuning const& numbers)
      : crew{workers, workers + max_spares + max_guests, std::move(where), numbers}, name_{std::move(name)} {
    static_cast<void>(std_atomics::heavy_fence());  // the first one registers the process, which takes its time
    workers_.reserve(capacity());
    threads_.reserve(workers + max_spares);
    ids_.reserve(workers + max_spares);
    workers_.resize(workers);
    std::uint32_t count = 0;
    try {
      std::lock_guard const lock{growing_};
      for (; count < workers; ++count) start_thread(count, place_of(count), [this, id = count] { return made(id); });
    } catch (std::system_error const&) {
      end();
      throw error{errc::thread_creation_failed,
                  "only " + std::to_string(count) + " of " + std::to_string(workers) +
                      " workers could be started: ask for fewer, or raise the limit on threads"};
    } catch (...) {
      end();
      throw;
    }
    // acquire: the workers; pairs with the increment in start_thread()
    for (std::uint32_t seen; (seen = running_.load(std::memory_order_acquire)) != workers;)
      std_atomics::futex_wait(running_, seen);
    if (std::find(workers_.begin(), workers_.end(), nullptr) != workers_.end()) {
      end();
      throw std::bad_alloc{};
    }
    add_first(workers_);
  }

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

  /// Whether this is the child of a fork(2): the pool's threads stayed with the parent, and so does what is queued. All
  /// that is left to do is to refuse, and to go.
  bool is_orphaned() const noexcept { return platform::fork_count() != born_after_; }

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
    expected_.fetch_add(1, std::memory_order_relaxed);
    return true;
  }

  /// Queues a task that was expected. The pool may be gone when this returns.
  void arrive(task* t) noexcept {
    count_queued(*t);
    enqueue(t, mine(), {}, priority::normal);
    expected_.fetch_sub(1, std::memory_order_release);  // release: the last use of the pool; pairs with end()
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
      std::lock_guard const lock{growing_};
      return &add_worker(true);
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
    out << "pool " << name_ << (tasks.is_closed() ? ", closed" : "") << (is_orphaned() ? ", left by a fork" : "")
        << ": " << tasks.admitted() << " tasks and roots admitted, " << tasks.finished() << " reported as finished, "
        << (has_arrivals() ? "some" : "none") << " in the inbox; " << running_.load(std::memory_order_relaxed)
        << " threads, " << unblocked.load(std::memory_order_relaxed) << " not blocked\n";
    people.describe(out);
    for (std::uint32_t i = 0; i < size(); ++i) at(i)->describe(out);
  }

  void start_spare() noexcept override {
    if (is_orphaned()) return;
    std::lock_guard const lock{growing_};
    if (unblocked.load(std::memory_order_relaxed) >= people.permits()) return;
    try {
      if (unmanned_ == nullptr) unmanned_ = &add_worker(false);
      std::uint32_t const id = unmanned_->id();
      start_thread(id, place_of(id), [me = unmanned_] { return me; });
      unmanned_ = nullptr;
    } catch (...) {
      // No thread or no memory is to be had: queued tasks wait until a blocked thread goes on, or the next one arrives.
    }
  }

  /// Moves every thread to its place in `next`, or lets it run on `everywhere`. What each worker from the start got.
  std::vector<expected<void>> rebind(std::unique_ptr<layout const> next, cpu_set const& everywhere) {
    std::lock_guard const lock{growing_};
    std::vector<expected<void>> results;
    results.reserve(people.permits());  // in time: who has begun to move goes through with it
    replace_layout(std::move(next));
    for (std::size_t i = 0; i < threads_.size(); ++i) {
      cpu_set const& place = where().place(ids_[i]);
      expected<void> const bound = bind(threads_[i].native_handle(), place.empty() ? everywhere : place);
      if (i < people.permits()) results.push_back(bound);
    }
    people.wake_all();  // who sleeps goes to its new home
    return results;
  }

  /// How many threads the system did not let run where they were placed.
  std::uint32_t unbound() const noexcept { return unbound_.load(std::memory_order_relaxed); }

 private:
  void enqueue(task* t, worker* w, std::optional<node_id> hint, priority level) noexcept {
    if (tuning.priorities == 1) level = priority::normal;
    bool const is_hinted = hint && hint->value < homes();
    std::uint32_t const own = w != nullptr ? w->home() : home_here();
    std::uint32_t const home = is_hinted ? hint->value : own;
    bool const is_own = w != nullptr && home == own && level == priority::normal;
    if (!is_own || !w->try_push(t)) leave_at(home, level, t);
    if (!is_hinted || !people.call(home)) people.work_arrived(home);
    if (unblocked.load(std::memory_order_relaxed) == 0) start_spare();  // which failed when the last one blocked
  }

  worker& add_worker(bool guest) {
    std::uint32_t& room = guest ? room_for_guests_ : room_for_spares_;
    if (room == 0) throw_error(errc::thread_creation_failed, "the pool has no room for another worker");
    workers_.push_back(std::make_unique<worker>(*this, size(), guest));
    add(workers_.back().get());
    --room;
    return *workers_.back();
  }

  // Where a thread may run; empty where that is left to the system. *Throws:* std::bad_alloc.
  cpu_set place_of(std::uint32_t id) const {
    cpu_set const& place = where().place(id);
    return place.empty() ? bound_scope::outermost() : place;
  }

  // Null where there is no memory for it.
  worker* made(std::uint32_t id) noexcept {
    try {
      workers_[id] = std::make_unique<worker>(*this, id, false);
    } catch (std::bad_alloc const&) {
    }
    return workers_[id].get();
  }

  /// Under the lock. The new thread begins at `place`, and so touches no memory elsewhere; then it asks `worker_of` who
  /// it is. *Throws:* std::system_error, std::bad_alloc.
  template <class WorkerOf>
  void start_thread(std::uint32_t id, cpu_set const& place, WorkerOf worker_of) {
    block_signals const blocked;     // workers inherit it: signals go to the user's threads
    bound_scope const there{place};  // and this
    if (!there.result()) unbound_.fetch_add(1, std::memory_order_relaxed);
    unblocked.fetch_add(1, std::memory_order_relaxed);
    try {
      threads_.emplace_back([this, id, worker_of] {
        set_thread_name(name_, id);
        worker* const me = worker_of();
        running_.fetch_add(1, std::memory_order_release);  // release: the worker; pairs with the constructor's load
        std_atomics::futex_wake(running_, 1);
        if (me != nullptr) work(*me);
      });
    } catch (...) {
      unblocked.fetch_sub(1, std::memory_order_relaxed);
      throw;
    }
    ids_.push_back(id);
  }

  void work(worker& me) noexcept {
    current_lane = &me;
    held_workers = &me;
    while (!is_orphaned() && idling{*this, me}.until_active()) {
      while (me.run_one() && !people.is_crowded() && !is_orphaned()) {
      }
      me.report();
      people.deactivate();
    }
  }

  void end() noexcept {
    if (is_orphaned()) {
      for (std::thread& t : threads_) ::new (static_cast<void*>(&t)) std::thread;  // there is nothing to join or detach
      return;
    }
    // What is still expected was cancelled, or this is the last instruction of who brought it.
    auto const expects = [&] {
      // acquire: pairs with arrive() and discarded()
      return expected_.load(std::memory_order_acquire) != 0;
    };
    if (expects()) {
      blocked_scope const blocked;  // who brings it may need the place of this thread in another pool
      while (expects()) std::this_thread::sleep_for(std::chrono::microseconds{50});
    }
    ending.store(true, std::memory_order_seq_cst);  // seq_cst: before the look for sleepers; pairs with until_active()
    people.wake_all();
    for (std::thread& t : threads_) t.join();
    // What is left was run by those who waited for it: only the queue's share is to be given back.
    for (std::uint32_t i = 0; i < size(); ++i) {
      while (at(i)->run_one()) {
      }
    }
  }

  std::uint32_t const born_after_ = platform::watch_forks();  // so many forks
  std::string const name_;
  std::mutex growing_;  // guards what follows, up to unmanned_
  std::uint32_t room_for_spares_ = max_spares;
  std::uint32_t room_for_guests_ = max_guests;
  std::vector<std::unique_ptr<worker>> workers_;
  std::vector<std::thread> threads_;       // those of the first workers, and then of spares
  std::vector<std::uint32_t> ids_;         // of their workers
  worker* unmanned_ = nullptr;             // made for a thread which could not be started
  std::atomic<std::uint32_t> running_{0};  // threads that have begun
  std::atomic<std::uint32_t> unbound_{0};  // threads that the system did not let run where they were placed
};

}  // namespace beat::inline v0::detail
