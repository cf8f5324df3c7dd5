#pragma once
// SPDX-License-Identifier: MIT
// The root: where a thread enters a pool with a piece of work, which it runs itself as a guest where it can.
// It is shared from its first fork on, and a sleeper woken for it, only if roots of this type are long, or nobody knows
// yet.

#include <atomic>
#include <cstdint>

#include <beat/runtime/scheduler.hpp>

namespace beat::inline v0::detail {

/// How long the roots of one callable type took lately. Races between threads only cost precision.
class root_cost {
 public:
  bool is_long(std::int64_t limit) const noexcept {
    std::int64_t const average = average_.load(std::memory_order_relaxed);
    return average == unknown || average >= limit;
  }
  void record(std::int64_t nanoseconds) noexcept {
    std::int64_t const average = average_.load(std::memory_order_relaxed);
    average_.store(average == unknown ? nanoseconds : average + (nanoseconds - average) / 4, std::memory_order_relaxed);
  }

 private:
  static constexpr std::int64_t unknown = -1;
  std::atomic<std::int64_t> average_{unknown};
};

template <class F>
inline constinit root_cost cost_of{};

/// One root that runs on the calling thread, during its visit. *Throws:* error{pool_shutdown}.
class root_scope {
 public:
  root_scope(scheduler& pool, worker& guest, root_cost& cost) : guest_{guest}, cost_{cost}, began_{now()} {
    if (!pool.admit(false)) refuse();
    guest_.count_root();
    guest_.begin_region();
    // With no permit free, whoever gives one back looks whether somebody watches.
    if (cost_.is_long(pool.tuning.long_root) && !pool.people.saturated()) invite(pool.people);
  }
  ~root_scope() {
    guest_.end_region();
    cost_.record(now() - began_);
  }
  root_scope(root_scope const&) = delete;
  root_scope& operator=(root_scope const&) = delete;

 private:
  void invite(roster<std_atomics>& people) noexcept {
    guest_.stack.request();
    static_cast<void>(people.is_watched());  // the region comes before this: a lookout that leaves later sees it
    people.work_arrived();                   // wakes a lookout from its nap, too
  }

  worker& guest_;
  root_cost& cost_;
  std::int64_t const began_;
};

}  // namespace beat::inline v0::detail
