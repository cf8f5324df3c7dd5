#pragma once
// SPDX-License-Identifier: MIT
// The workforce: a crew with its threads. Here they start, stand in for each other, become more or less, and end.
// Invariant: as many pool threads as there are permits do not block inside a task, so that a permit which is free finds
// somebody to use it, and every queued task is run. Protocol: README.md, "Resize".

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <beat/base/error.hpp>
#include <beat/runtime/crew.hpp>
#include <beat/runtime/idling.hpp>
#include <beat/runtime/thread_list.hpp>
#include <beat/runtime/waiting.hpp>
#include <beat/runtime/worker.hpp>
#include <beat/topology/binding.hpp>

namespace beat::inline v0::detail {

class workforce : public crew {
 public:
  static constexpr std::uint32_t max_workers = 1024;
  static constexpr std::uint32_t max_guests = 256;  // threads from outside that take part at once
  static constexpr std::uint32_t max_spares = 256;  // threads that stand in for blocked ones

  /// Whether this is the child of a fork(2): the pool's threads stayed with the parent, and so does what is queued. All
  /// that is left to do is to refuse, and to go.
  bool is_orphaned() const noexcept { return platform::fork_count() != born_after_; }

  void start_spare() noexcept override {
    if (is_orphaned() || ending.load(std::memory_order_relaxed)) return;
    std::lock_guard const lock{growing_};
    try {
      while (needs_thread_for(people.permits())) start_another(false);
    } catch (...) {
      // No thread or no memory is to be had: queued tasks wait until a blocked thread goes on, or the next one arrives.
    }
  }

  /// From now on `workers` threads run tasks at once. Threads first, so that a failure changes nothing.
  /// *Throws:* error{thread_creation_failed}, what the start hook throws, std::bad_alloc.
  void resize(std::uint32_t workers) {
    std::lock_guard const one_at_a_time{resizing_};
    start_threads([&] {
      try {
        while (needs_thread_for(workers)) start_another(true);
      } catch (std::system_error const&) {
        throw error{errc::thread_creation_failed,
                    "a pool of " + std::to_string(people.permits()) + " workers can't grow to " +
                        std::to_string(workers) + ", and stays as it is: ask for fewer, or raise the limit on threads"};
      }
    });
    people.set_permits(workers);
    start_spare();  // who blocked meanwhile saw the old number
  }

  /// Moves every thread to its place by `placement`, or lets it run wherever it may. What the workers got.
  std::vector<expected<void>> rebind(topology const& machine, placement_policy placement) {
    std::lock_guard const as_many_meanwhile{resizing_};
    auto next = std::make_unique<layout>(machine, people.permits(), placement);
    std::lock_guard const lock{growing_};
    std::vector<expected<void>> results;
    results.reserve(people.permits());  // in time: who has begun to move goes through with it
    replace_layout(std::move(next));
    threads_.for_each([&](std::uint32_t id, std::thread& thread) {
      cpu_set const& place = where().place(id);
      expected<void> const bound = bind(thread.native_handle(), place.empty() ? machine.usable() : place);
      if (results.size() < people.permits()) results.push_back(bound);
    });
    people.wake_all();  // who sleeps goes to its new home
    return results;
  }

  /// How many threads the system did not let run where they were placed.
  std::uint32_t unbound() const noexcept { return threads_.unbound(); }

 protected:
  /// Each worker is made by its thread, once that is where it belongs: so its memory lies there, too.
  workforce(std::uint32_t workers, std::string name, worker_hooks hooks, std::unique_ptr<layout const> where,
            scheduler_tuning const& numbers)
      : crew{workers, max_workers + max_spares + max_guests, std::move(where), numbers},
        threads_{std::move(name), std::move(hooks)} {
    static_cast<void>(std_atomics::heavy_fence());  // the first one registers the process, which takes its time
    workers_.reserve(capacity());
    unmanned_.reserve(max_workers + max_spares);
    threads_.reserve(workers + max_spares);
    workers_.resize(workers);
    try {
      start_threads([&] {
        for (std::uint32_t id = 0; id < workers; ++id) {
          try {
            start_thread(id, [this, id] { workers_[id] = std::make_unique<worker>(*this, id, false); }, true);
          } catch (std::system_error const&) {
            throw error{errc::thread_creation_failed,
                        "only " + std::to_string(id) + " of " + std::to_string(workers) +
                            " workers could be started: ask for fewer, or raise the limit on threads"};
          }
        }
      });
    } catch (...) {
      end();
      throw;
    }
    add_first(workers_);
  }

  ~workforce() = default;

  void end() noexcept {
    if (is_orphaned()) return threads_.abandon();
    // What is still expected was cancelled, or this is the last instruction of who brought it.
    auto const expects = [&] {
      // acquire: pairs with let_go()
      return expected_.load(std::memory_order_acquire) != 0;
    };
    if (expects()) {
      blocked_scope const blocked;  // who brings it may need the place of this thread in another pool
      while (expects()) std::this_thread::sleep_for(std::chrono::microseconds{50});
    }
    ending.store(true, std::memory_order_seq_cst);  // seq_cst: before the look for sleepers; pairs with until_active()
    people.wake_all();
    threads_.join();
    // What is left was run by those who waited for it: only the queue's share is to be given back.
    for (std::uint32_t i = 0; i < size(); ++i) {
      while (at(i)->run_one()) {
      }
    }
  }

  std::string const& name() const noexcept { return threads_.name(); }
  std::uint32_t running() const noexcept { return threads_.running(); }

  /// A worker for a guest. *Throws:* error{thread_creation_failed} where there is no room, std::bad_alloc.
  worker& add_guest() {
    std::lock_guard const lock{growing_};
    if (room_for_guests_ == 0) throw_error(errc::thread_creation_failed, "the pool has no room for another guest");
    worker& guest = add_worker(true);
    --room_for_guests_;
    return guest;
  }

 private:
  // Under the lock, as most of what follows.
  worker& add_worker(bool guest) {
    workers_.push_back(std::make_unique<worker>(*this, size(), guest));
    add(workers_.back().get());
    return *workers_.back();
  }

  /// Whether with so many permits there ought to be another thread, and may be.
  bool needs_thread_for(std::uint32_t permits) const noexcept {
    return people.lacks_threads_for(permits) && manned_ < permits + max_spares;
  }

  // Where a thread may run; empty where that is left to the system. *Throws:* std::bad_alloc.
  cpu_set place_of(std::uint32_t id) const {
    cpu_set const& place = where().place(id);
    return place.empty() ? bound_scope::outermost() : place;
  }

  /// Starts the thread of worker `id`, which begins by `make()`. Where it fails, who awaits it gets the exception.
  /// *Throws:* std::system_error, std::bad_alloc.
  template <class Make>
  void start_thread(std::uint32_t id, Make make, bool is_awaited) {
    people.unblock();
    try {
      threads_.start(
          id, place_of(id), make, [this, id] { return work(*workers_[id]); },
          [this, id, is_awaited](std::exception_ptr failure) { give_up(id, std::move(failure), is_awaited); });
    } catch (...) {
      static_cast<void>(people.block());
      throw;
    }
    ++manned_;
  }

  /// *Throws:* as start_thread.
  void start_another(bool is_awaited) {
    if (unmanned_.empty()) unmanned_.push_back(add_worker(false).id());
    start_thread(unmanned_.back(), [] {}, is_awaited);
    unmanned_.pop_back();
  }

  /// Calls `start()` under the lock, and waits for the threads that this starts. *Throws:* what that throws, or one of
  /// them.
  template <class Start>
  void start_threads(Start start) {
    std::exception_ptr failure;
    try {
      std::lock_guard const lock{growing_};
      start();
    } catch (...) {
      failure = std::current_exception();
    }
    threads_.await_start();
    std::exception_ptr const theirs = std::exchange(failure_, nullptr);
    if (failure == nullptr) failure = theirs;
    if (failure != nullptr) std::rethrow_exception(failure);
  }

  /// By a thread that could not begin, and ends.
  void give_up(std::uint32_t id, std::exception_ptr failure, bool is_awaited) noexcept {
    if (!is_awaited) {
      if (!on_exception) std::terminate();  // nobody else could learn of it
      on_exception(failure);
    }
    std::lock_guard const lock{growing_};
    if (is_awaited && failure_ == nullptr) failure_ = std::move(failure);
    threads_.vacate(id);
    unmanned_.push_back(id);
    static_cast<void>(people.block());
    --manned_;
  }

  /// False in the child of a fork, which a task left.
  bool work(worker& me) noexcept {
    lane* const before = std::exchange(current_lane, &me);
    held_workers = &me;
    while (!is_orphaned() && idling{*this, me}.until_active()) {
      while (me.run_one() && !people.is_crowded() && !is_orphaned()) {
      }
      me.report();
      people.deactivate();
    }
    // What comes after this, as the exit hook and the thread's own destructors, runs outside of the pool.
    current_lane = before;
    held_workers = nullptr;
    return !is_orphaned();
  }

  std::uint32_t const born_after_ = platform::watch_forks();  // so many forks
  std::mutex resizing_;                                       // held by who changes the number of workers
  std::mutex growing_;                                        // guards what follows
  std::uint32_t room_for_guests_ = max_guests;
  std::uint32_t manned_ = 0;  // workers that have a thread for good
  std::vector<std::unique_ptr<worker>> workers_;
  std::vector<std::uint32_t> unmanned_;  // workers whose threads could not be started
  thread_list threads_;
  std::exception_ptr failure_;  // of a thread that somebody awaits, who reads it without the lock once all have begun
};

}  // namespace beat::inline v0::detail
