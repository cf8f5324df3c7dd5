#pragma once
// SPDX-License-Identifier: MIT
// The root: where a thread enters a pool with a piece of work, which it runs itself as a guest where it can.
// A sleeper is woken for it only if roots of this type are long, or nobody knows yet.

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

/// One root that runs on the calling thread.
class root_scope {
 public:
  root_scope(scheduler& pool, worker& guest, root_cost& cost) noexcept
      : pool_{pool}, guest_{guest}, cost_{cost}, began_{now()} {
    guest_.begin_region();
    if (cost_.is_long(pool_.tuning.long_root) && !pool_.people.is_watched()) pool_.people.work_arrived();
  }
  ~root_scope() {
    guest_.end_region();
    guest_.counters.roots.add();
    cost_.record(now() - began_);
  }
  root_scope(root_scope const&) = delete;
  root_scope& operator=(root_scope const&) = delete;

 private:
  scheduler& pool_;
  worker& guest_;
  root_cost& cost_;
  std::int64_t const began_;
};

}  // namespace beat::inline v0::detail
