#pragma once
// SPDX-License-Identifier: MIT
// The numbers of the scheduler. A policy is a type with a static member `tuning()`; basic_thread_pool takes it.

#include <bit>
#include <concepts>
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
  std::uint32_t fork_capacity = 4096;   ///< jobs per worker that thieves can reach, below 2^20; others stay private
  std::uint32_t deque_capacity = 256;   ///< tasks per worker before its deque grows; a power of two
  std::uint32_t inbox_batch = 32;       ///< tasks taken from the inbox at once: 1 to 64
  std::uint32_t inbox_interval = 61;  ///< own tasks between two looks elsewhere, so that nothing is starved; at least 1
  std::uint32_t priorities = 3;       ///< 1: the priority of a task is ignored; or 3
  std::uint32_t aging_interval = 31;  ///< tasks taken between two that are low, and two that are normal; at least 3

  static constexpr std::uint32_t largest_batch = 64;

  /// Whether a pool can work with these numbers.
  constexpr bool is_sound() const noexcept {
    bool const times = spin >= 0 && look_interval >= 0 && shortest_nap > 0 && longest_nap >= shortest_nap &&
                       activity_window >= 0 && pace >= 0 && patience >= 0 && brief_wait >= 0 && stuck > 0 &&
                       long_root >= 0;
    return times && fork_capacity >= 1 && fork_capacity < (1U << 20) && std::has_single_bit(deque_capacity) &&
           inbox_batch >= 1 && inbox_batch <= largest_batch && inbox_interval >= 1 && inbox_interval < (1U << 31) &&
           (priorities == 1 || priorities == 3) && aging_interval >= 3;
  }
};

/// Has `static constexpr scheduler_tuning tuning()`, whose numbers are in the ranges that scheduler_tuning states.
template <class Policy>
concept scheduler_policy = requires {
  { Policy::tuning() } -> std::same_as<scheduler_tuning>;
  requires Policy::tuning().is_sound();
};

/// What `ThreadPool` uses.
struct default_policy {
  static constexpr scheduler_tuning tuning() noexcept { return {}; }
};

}  // namespace beat::inline v0
