#pragma once
// SPDX-License-Identifier: MIT
// The load: how much a pool has to do, put together from its counters. For whoever looks on, at any time.

#include <algorithm>
#include <cstdint>

#include <beat/runtime/queueing.hpp>
#include <beat/runtime/scheduler.hpp>

namespace beat::inline v0::detail {

/// A bounded queue counts what is in it; otherwise it is what came in, without what is still to arrive, and was not
/// taken. *Complexity:* O(workers).
inline std::uint64_t queued_in(scheduler const& pool) noexcept {
  if (pool.queue_places.is_bounded()) return pool.queue_places.taken();
  std::uint64_t taken = pool.to_arrive();
  for (std::uint32_t i = 0; i < pool.size(); ++i) taken += pool.at(i)->counters.taken.read();
  std::uint64_t const submitted = pool.stats().submitted;
  return submitted - std::min(submitted, taken);
}

inline pool_load load_of(scheduler const& pool) noexcept {
  return {.queued = static_cast<std::size_t>(queued_in(pool)),
          .running = pool.people.active(),
          .workers = pool.people.permits()};
}

inline bool has_capacity(scheduler const& pool) noexcept {
  if (pool.is_orphaned() || pool.tasks.is_closed()) return false;
  if (pool.queue_places.is_bounded() && pool.queue_places.has_free()) return true;
  pool_load const now = load_of(pool);
  return now.queued + now.running < now.workers;
}

}  // namespace beat::inline v0::detail
