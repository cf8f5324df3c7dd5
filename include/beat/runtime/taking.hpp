#pragma once
// SPDX-License-Identifier: MIT
// Taking: what a worker runs next. High tasks come first, then normal ones and what others share, then low ones. Among
// normal ones the own deque comes first, then the inbox of the worker's home, then what others have, those near first.
// Invariant: no steady stream of some tasks starves others; now and then something else comes first. Proof: README.md,
// "Blocking" and "Priorities".

#include <algorithm>
#include <cstdint>

#include <beat/base/backoff.hpp>
#include <beat/base/config.hpp>
#include <beat/runtime/worker.hpp>

namespace beat::inline v0::detail {

inline bool worker::run_next() noexcept {
  if (!crew_.has_levels()) [[likely]]
    return run_normal();
  return run_by_priority();
}

BEAT_NO_INLINE inline bool worker::run_by_priority() noexcept {
  return run_urgent() || run_normal() || run_one_of(priority::high, home()) || run_one_of(priority::low, home());
}

/// A high task, but for two turns of each interval: one begins with the low tasks, one with the normal ones. Now and
/// then any home comes first, as nobody else may have an eye on it.
inline bool worker::run_urgent() noexcept {
  std::uint32_t const interval = crew_.tuning.aging_interval;
  std::uint32_t const turn = ++turns_ % interval;
  if (turn == interval / 2) return false;
  if (turn == 0 && run_one_of(priority::low, random_.below(crew_.homes()))) return true;
  return run_one_of(priority::high, turn + 1 == interval ? random_.below(crew_.homes()) : home());
}

/// High and low tasks are taken one by one: in a deque they would come before, or after, what arrives meanwhile. Their
/// priority counts more than their home, so nobody is called.
BEAT_NO_INLINE inline bool worker::run_one_of(priority level, std::uint32_t first_home) noexcept {
  for (std::uint32_t i = 0; i < crew_.homes(); ++i) {
    std::uint32_t const place = (first_home + i) % crew_.homes();
    // Somebody else may be at it for a moment, and leave more.
    for (backoff<std_atomics> pause; !crew_.arrivals(place, level).empty() && !pause.exhausted(); pause.spin()) {
      if (task* const t = from_inbox(place, level, 1)) return settle(t), true;
    }
  }
  return false;
}

inline bool worker::run_normal() noexcept {
  std::uint32_t const interval = crew_.tuning.inbox_interval;
  std::uint32_t const batch = crew_.tuning.inbox_batch;
  std::uint32_t const turn = ++tick_ % (2 * interval);
  if (turn == interval && steal_from_anyone()) return true;
  task* t = turn == 0 ? from_inbox(random_.below(crew_.homes()), priority::normal, 1) : nullptr;
  if (t == nullptr) t = deque_.for_owner().take();
  if (t == nullptr) t = from_inbox(home(), priority::normal, batch);
  if (t == nullptr && steal_near_first()) return true;
  for (std::uint32_t i = 0; t == nullptr && i < crew_.homes(); ++i)
    if (i != home() && nobody_comes_for(i)) t = from_inbox(i, priority::normal, batch);
  if (t == nullptr) return false;
  settle(t);
  return true;
}

/// Whether there is a task at another home, and all who are of that one are at work; otherwise one is called.
inline bool worker::nobody_comes_for(std::uint32_t other_home) noexcept {
  return crew_.has_arrivals(other_home) && !crew_.people.call(other_home);
}

/// The oldest of a batch; the rest goes to the own deque, so that the next oldest comes first.
inline task* worker::from_inbox(std::uint32_t place, priority level, std::uint32_t limit) noexcept {
  task* batch[scheduler_tuning::largest_batch];
  std::uint32_t size = 0;
  limit = std::min(limit, crew_.tuning.deque_capacity);
  crew_.arrivals(place, level).take(limit, [&](task* t) { batch[size++] = t; });
  if (size == 0) return nullptr;
  counters.collected.add(size);
  while (size > 1) push(batch[--size]);  // never grows: the deque was empty, or the limit was 1
  if (!crew_.arrivals(place, level).empty() || !deque_.for_thieves().empty()) crew_.people.work_arrived(place);
  return batch[0];
}

inline bool worker::steal_near_first() noexcept {
  report();
  return crew_.near_first(id_, random_, [this](worker& victim) { return steal_from(victim); });
}

inline bool worker::steal_from_anyone() noexcept {
  report();
  return crew_.anyone(random_, [this](worker& victim) { return steal_from(victim); });
}

inline bool worker::steal_from(worker& victim) noexcept {
  if (&victim == this) return false;
  auto const got = victim.deque_.for_thieves().steal();
  if (got.status != steal_status::stolen) return steal_job(victim, victim.stack.for_thieves().look());
  counters.tasks_stolen.add();
  settle(got.loot);
  return true;
}

inline bool worker::steal_job(worker& victim, job_stack::control seen) noexcept {
  auto const got = victim.stack.for_thieves().steal(seen, taken_by::worker(id_, stack.depth()).mark);
  if (got.status != steal_status::stolen) return false;
  if (got.loot->is_filler()) return true;
  counters.jobs_stolen.add();
  watches_.forget(victim.id_);
  if (alone_) find_company();
  got.loot->finish(got.loot->run(*this));  // the job may be gone from here on; the victim outlives the pool's threads
  victim.parker_.notify_all();
  return true;
}

}  // namespace beat::inline v0::detail
