#pragma once
// SPDX-License-Identifier: MIT
// The numbers of the scheduler. A policy is a type with a static member `tuning()`; basic_thread_pool takes it.

#include <cstdint>

namespace beat::inline v0 {

/// Times are in nanoseconds. The defaults were measured on two CPUs: bench/README.md.
struct scheduler_tuning {
  std::int64_t spin = 50'000;          ///< how long an idle lookout polls before it naps
  std::int64_t look_interval = 5'000;  ///< between two looks at the others: each costs them a cache miss
  std::int64_t shortest_nap = 20'000;
  std::int64_t longest_nap = 200'000;
  std::int64_t activity_window = 20'000'000;  ///< how long after the last activity the lookout goes on napping
  std::int64_t pace = 20'000;           ///< how long a worker must be busy in one region before it is asked to share
  std::int64_t patience = 30'000;       ///< how long a request may stay unanswered before publication is forced
  std::int64_t brief_wait = 1'000'000;  ///< a join that waits longer gives its permit to somebody else meanwhile
  std::int64_t stuck = 100'000'000;     ///< a waiter begins its own task after a pool stood still for so long
  std::int64_t long_root = 50'000;      ///< a root at least this long on average is worth waking a sleeper
  std::uint32_t fork_capacity = 4096;   ///< jobs per worker that thieves can reach; deeper forks stay private
  std::uint32_t deque_capacity = 256;   ///< tasks per worker before its deque grows; a power of two
  std::uint32_t inbox_batch = 32;       ///< tasks taken from the inbox at once
  std::uint32_t inbox_interval = 61;    ///< own tasks between two looks at the inbox, so that it is not starved
};

/// What `ThreadPool` uses.
struct default_policy {
  static constexpr scheduler_tuning tuning() noexcept { return {}; }
};

}  // namespace beat::inline v0
