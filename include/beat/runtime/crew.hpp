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

#include <beat/base/atomics.hpp>
#include <beat/base/unique_function.hpp>
#include <beat/runtime/event_count.hpp>
#include <beat/runtime/gate.hpp>
#include <beat/runtime/inbox.hpp>
#include <beat/runtime/lane.hpp>
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
  bool const counts = std::chrono::duration<double>{duration} < std::chrono::duration<double>{century};
  return now() + std::chrono::nanoseconds{counts ? std::chrono::duration_cast<std::chrono::nanoseconds>(duration)
                                                 : std::chrono::nanoseconds{century}}
                     .count();
}

class crew {
 public:
  crew(std::uint32_t workers, std::uint32_t capacity, scheduler_tuning const& numbers)
      : people{workers},
        tuning{numbers},
        capacity_{capacity},
        table_{std::make_unique<std::atomic<worker*>[]>(capacity)} {}

  roster<std_atomics> people;
  inbox<task, std_atomics> arrivals;  // tasks from outside
  gate<std_atomics> tasks;
  event_count<std_atomics> settled;     // what wait() and task_group::wait() sleep on
  std::atomic<bool> cancelling{false};  // written by stop: queued tasks are cancelled
  std::atomic<bool> ending{false};      // written at the end of the pool: its threads leave
  scheduler_tuning const tuning;
  unique_function<void(std::exception_ptr)> on_exception;  // for tasks that nobody waits for

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

  /// Counts tasks out and tells those who wait for quiet.
  void report(std::uint64_t count) noexcept {
    if (tasks.finish(count)) settled.notify_all();
  }

  /// Sees that as many pool threads as there are permits do not block inside a task.
  virtual void start_spare() noexcept = 0;

  std::atomic<std::uint32_t> unblocked{0};  // pool threads that do not block inside a task

 protected:
  ~crew() = default;

  /// Called under the scheduler's lock.
  void add(worker* w) noexcept {
    std::uint32_t const id = size_.load(std::memory_order_relaxed);
    table_[id].store(w, std::memory_order_release);  // release: the worker; pairs with at()
    size_.store(id + 1, std::memory_order_release);  // release: the entry; pairs with size()
  }

 private:
  std::uint32_t const capacity_;
  std::unique_ptr<std::atomic<worker*>[]> const table_;
  std::atomic<std::uint32_t> size_{0};
};

}  // namespace beat::inline v0::detail
