#pragma once
// SPDX-License-Identifier: MIT
// The load: how much a pool has to do, put together from its counters. For whoever looks on, at any time.

#include <algorithm>
#include <cstdint>

#include <beat/runtime/queueing.hpp>
#include <beat/runtime/scheduler.hpp>

namespace beat::inline v0::detail {

/// A bounded queue counts what is in it; otherwise it is what was left at a home and not collected, and what is in the
/// deques. *Complexity:* O(workers).
inline std::uint64_t queued_in(scheduler const& pool) noexcept {
  if (pool.queue_places.is_bounded()) return pool.queue_places.taken();
  std::uint64_t collected = 0, in_deques = 0;
  for (std::uint32_t i = 0; i < pool.size(); ++i) {
    collected += pool.at(i)->counters.collected.read();
    in_deques += pool.at(i)->queued();
  }
  std::uint64_t const left = pool.left();
  return left - std::min(left, collected) + in_deques;
}

inline pool_load load_of(scheduler const& pool) noexcept {
  return {.queued = static_cast<std::size_t>(queued_in(pool)),
          .running = pool.people.active(),
          .workers = pool.people.permits()};
}

inline bool has_capacity(scheduler const& pool) noexcept {
  if (pool.is_orphaned() || pool.tasks.is_closed()) return false;
  if (pool.queue_places.is_bounded()) return pool.queue_places.has_free();
  pool_load const now = load_of(pool);
  return now.queued + now.running < now.workers;
}

}  // namespace beat::inline v0::detail
