#pragma once
// SPDX-License-Identifier: MIT
// The task: an independent unit of work on the heap, in a deque or an inbox until one thread runs or cancels it.
// Invariant: exactly one call of `settle` per queued task; it frees what the task holds.

#include <cstdint>

#include <beat/runtime/completion.hpp>

namespace beat::inline v0::detail {

class worker;

/// What to do with a task. `cancel`: the pool stops; settle without running.
enum class task_action : std::uint8_t { run, cancel };

/// What a settled task adds to the counters: nothing where somebody who waited for it ran it already.
enum class task_effect : std::uint8_t { completed, failed, cancelled, none };

constexpr task_effect effect_of(task_outcome outcome) noexcept { return static_cast<task_effect>(outcome); }

struct task {
  using function = task_effect (*)(task*, task_action, worker&);

  task* next = nullptr;  // in an inbox
  function const settle;
  void const* const family;  // the task_group that waits for it, or null

  explicit task(function f, void const* group = nullptr) noexcept : settle{f}, family{group} {}
  task(task const&) = delete;
  task& operator=(task const&) = delete;
};

}  // namespace beat::inline v0::detail
