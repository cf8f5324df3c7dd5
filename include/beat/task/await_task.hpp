#pragma once
// SPDX-License-Identifier: MIT
// How a thread waits for a task. Invariant: it runs only that task, or what that waits for, and only what nobody has
// begun. Protocol: runtime/README.md, "Blocking" and "Completion".

#include <cstdint>
#include <new>
#include <optional>
#include <utility>
#include <vector>

#include <beat/base/error.hpp>
#include <beat/runtime/visit.hpp>
#include <beat/task/future_state.hpp>

namespace beat::inline v0::detail {

/// Claims `t`, which waits for nothing, and runs it on this thread: as the worker that it is, or as a guest. False
/// where neither can be.
inline bool run_unbegun(awaited_task& t, bool even_without_permit) noexcept {
  if (!t.done.is_queued()) return false;
  scheduler& pool = *t.pool;
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

/// Runs the first of all that `before` waits for, or itself, and then what that lets go on. False where nothing was
/// run, also for want of memory for the way back. *Throws:* error{self_wait}.
BEAT_NO_INLINE inline bool run_predecessors(task_share before, bool even_without_permit) {
  std::vector<task_share> path;
  while (task_share earlier = before->predecessor()) {
    try {
      path.push_back(std::move(before));
    } catch (std::bad_alloc const&) {
      return false;
    }
    before = std::move(earlier);
  }
  if (before->runs_on_this_thread())
    throw_error(errc::self_wait, "a task waits for what follows on itself: wait from outside of it");
  if (!run_unbegun(*before, even_without_permit)) return false;
  for (; !path.empty(); path.pop_back()) {
    awaited_task& next = *path.back();
    bool const is_free = next.predecessor() == nullptr;
    if (!is_free || (!run_unbegun(next, even_without_permit) && !next.done.has_ended())) break;
  }
  return true;
}

/// Runs `t`, or first what it waits for, as far as nobody has begun that. False where there was nothing to run.
/// *Throws:* error{self_wait}.
inline bool run_what_is_needed(awaited_task& t, bool even_without_permit) {
  if (task_share before = t.predecessor()) return run_predecessors(std::move(before), even_without_permit);
  return run_unbegun(t, even_without_permit);
}

/// Waits for `t`, which this thread could not run. Where the pool stands still meanwhile, perhaps because its threads
/// block on a lock which this thread holds, it runs what is needed after all.
inline void wait_blocked(awaited_task& t) {
  while (!t.done.has_ended()) {
    bool const needs_others = t.done.is_queued() || t.predecessor() != nullptr;
    bool const stuck =
        stands_still(*t.pool, [&](std::int64_t limit) { needs_others ? t.done.wait_for(limit) : t.done.wait(); });
    if (needs_others && stuck) run_what_is_needed(t, true);
  }
}

/// Waits for `t`, and runs it here if nobody has begun it.
inline void wait_for_task(awaited_task& t, std::optional<std::int64_t> deadline) {
  if (t.done.has_ended()) return;
  if (t.is_orphaned()) refuse();
  if (!deadline) {
    while (run_what_is_needed(t, false))
      if (t.done.has_ended()) return;
  }
  if (t.runs_on_this_thread())
    throw_error(errc::self_wait, "a task waits for its own future: wait from outside of the task");
  // A short wait with a deadline only blocks: who polls has to let others run what it polls for.
  std::int64_t const spin = t.pool->tuning.spin;
  bool const spins = !deadline || *deadline - now() > 2 * spin;
  for (std::int64_t const spin_until = now() + spin; spins && now() < spin_until;) {
    if (t.done.has_ended()) return;
    for (int i = 0; i < 16; ++i) std_atomics::pause();
  }
  if (!deadline) return wait_blocked(t);
  blocked_scope const blocked;
  for (std::int64_t left; !t.done.has_ended() && (left = *deadline - now()) > 0;) t.done.wait_for(left);
}

}  // namespace beat::inline v0::detail
