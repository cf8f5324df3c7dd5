#pragma once
// SPDX-License-Identifier: MIT
// What users say about queues, and learn from them: which task comes first, what becomes of one that finds no place,
// and how much there is to do.

#include <cstddef>
#include <cstdint>

namespace beat::inline v0 {

/// Which of the queued tasks a worker takes first: high ones, then normal ones, and low ones where nothing else is
/// queued. None is starved: of each `scheduler_tuning::aging_interval` tasks that a worker takes, 31 by default, one is
/// the oldest low one and one a normal one, where there are such. What a task forks, and what runs already, has no
/// priority; nor has what a task gives to a group, which it may wait for. A thread that waits for a task runs it
/// whatever its priority is.
enum class priority : std::uint8_t { low, normal, high };

/// What becomes of a task from outside that finds a bounded queue full.
enum class when_full : std::uint8_t {
  block,       ///< its sender sleeps until a queued task has begun; but try_post fails, as it does in any case
  reject,      ///< it fails with errc::queue_full
  caller_runs  ///< its sender runs it at once, as a worker would, in the place of one that ends a task meanwhile
};

/// What a pool has to do at one moment. The numbers are read one after the other, and need not fit together.
struct pool_load {
  std::size_t queued = 0;   ///< tasks that are in its queues
  std::size_t running = 0;  ///< threads that work for it: its own that do not block, and those that visit it
  std::size_t workers = 0;  ///< threads that may work for it at once
};

}  // namespace beat::inline v0
