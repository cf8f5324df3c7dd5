#pragma once
// SPDX-License-Identifier: MIT
// How a task is queued that lies in memory which its run gives back: in the frame of a coroutine, or in the operation
// of a sender.

#include <beat/runtime/scheduler.hpp>
#include <beat/runtime/task.hpp>

namespace beat::inline v0::detail {

/// False where the pool is closed; then the task is still the caller's. A thread of the pool leaves it before its end.
/// Any other may be overtaken by the task and by the end of the pool, which waits until what is expected has arrived.
[[nodiscard("a refused task is the caller's")]] inline bool queue_in_place(scheduler& pool, task* t) noexcept {
  if (pool.mine() != nullptr) return pool.accept(t);
  if (!pool.expect()) return false;
  pool.arrive(t);
  return true;
}

}  // namespace beat::inline v0::detail
