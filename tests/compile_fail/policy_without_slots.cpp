// SPDX-License-Identifier: MIT
// expect: (does not satisfy|satisfaction of|constraint failure).*'?scheduler_policy
// A pool can't work with a fork stack that has no slot.

#include <beat.hpp>

struct policy {
#if defined(FIXED)
  static constexpr beat::scheduler_tuning tuning() noexcept { return {.fork_capacity = 1}; }
#else
  static constexpr beat::scheduler_tuning tuning() noexcept { return {.fork_capacity = 0}; }
#endif
};

int main() {
  beat::basic_thread_pool<policy> pool{1};
  return pool.workers() == 1 ? 0 : 1;
}
