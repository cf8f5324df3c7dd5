#pragma once
// SPDX-License-Identifier: MIT
// The threads of a pool, as the system sees them: how they start, with the user's hooks, where they run, and how they
// end. What they do in between is the workforce's, and so is the lock under which all of this is called.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <limits>
#include <new>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <beat/base/atomics.hpp>
#include <beat/base/unique_function.hpp>
#include <beat/topology/binding.hpp>
#include <beat/topology/cpu_set.hpp>
#include <beat/topology/platform.hpp>

namespace beat::inline v0::detail {

/// What users want to run on each thread of a pool, with the number of its worker.
struct worker_hooks {
  unique_function<void(unsigned)> on_start;
  unique_function<void(unsigned)> on_exit;
};

class thread_list {
 public:
  thread_list(std::string name, worker_hooks hooks) noexcept : name_{std::move(name)}, hooks_{std::move(hooks)} {}

  std::string const& name() const noexcept { return name_; }
  void reserve(std::size_t count) { seats_.reserve(count); }

  /// The new thread begins at `place`, and so touches no memory elsewhere. It calls `begin()`, the hook, and `work()`,
  /// which says whether the pool ended; then the other hook. Where one of the first two throws, it calls
  /// `fail(exception)`, which has to vacate its seat, and ends. *Throws:* std::system_error, std::bad_alloc.
  template <class Begin, class Work, class Fail>
  void start(std::uint32_t id, cpu_set const& place, Begin begin, Work work, Fail fail) {
    block_signals const blocked;     // workers inherit it: signals go to the user's threads
    bound_scope const there{place};  // and this
    join_those_that_failed();
    if (!there.result()) unbound_.fetch_add(1, std::memory_order_relaxed);
    starting_.fetch_add(1, std::memory_order_relaxed);
    try {
      seats_.emplace_back(id, [this, id, begin, work, fail] {
        set_thread_name(name_, id);
        bool const has_begun = begins(id, begin, fail);
        if (has_begun) running_.fetch_add(1, std::memory_order_relaxed);
        one_less_starts();
        if (has_begun && work() && hooks_.on_exit) hooks_.on_exit(id);
      });
    } catch (...) {
      one_less_starts();
      throw;
    }
  }

  /// Waits until each thread that was started works, or has failed. Without the lock.
  void await_start() noexcept {
    // acquire: what they began with; pairs with one_less_starts()
    for (std::uint32_t left; (left = starting_.load(std::memory_order_acquire)) != 0;)
      std_atomics::futex_wait(starting_, left);
  }

  /// By the thread of worker `id`, as the last that it does under the lock: it ends although the pool does not.
  void vacate(std::uint32_t id) noexcept {
    for (seat& s : seats_)
      if (s.id == id) s.id = nobody;
  }

  /// Calls `f(id, thread)` for each thread, in the order in which they were started.
  template <class F>
  void for_each(F f) {
    for (seat& s : seats_)
      if (s.id != nobody) f(s.id, s.thread);
  }

  void join() {
    for (seat& s : seats_) s.thread.join();
  }

  /// In the child of a fork, where there is nothing to join or detach.
  void abandon() noexcept {
    for (seat& s : seats_) ::new (static_cast<void*>(&s.thread)) std::thread;
  }

  /// How many have begun.
  std::uint32_t running() const noexcept { return running_.load(std::memory_order_relaxed); }

  /// How many the system did not let run where they were placed.
  std::uint32_t unbound() const noexcept { return unbound_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::uint32_t nobody = std::numeric_limits<std::uint32_t>::max();

  struct seat {
    template <class F>
    seat(std::uint32_t worker, F body) : id{worker}, thread{std::move(body)} {}

    std::uint32_t id;  // of the worker, or nobody
    std::thread thread;
  };

  void one_less_starts() noexcept {
    // release: what it began with; pairs with await_start()
    if (starting_.fetch_sub(1, std::memory_order_release) == 1)
      std_atomics::futex_wake(starting_, std::numeric_limits<int>::max());
  }

  void join_those_that_failed() {
    std::erase_if(seats_, [](seat& s) {
      if (s.id == nobody) s.thread.join();  // which does not take long any more
      return s.id == nobody;
    });
  }

  template <class Begin, class Fail>
  bool begins(std::uint32_t id, Begin& begin, Fail& fail) {
    try {
      begin();
      if (hooks_.on_start) hooks_.on_start(id);
      return true;
    } catch (...) {
      fail(std::current_exception());
      return false;
    }
  }

  std::string const name_;
  worker_hooks hooks_;
  std::vector<seat> seats_;
  std::atomic<std::uint32_t> starting_{0};  // threads that have neither begun nor failed
  std::atomic<std::uint32_t> running_{0};
  std::atomic<std::uint32_t> unbound_{0};
};

}  // namespace beat::inline v0::detail
