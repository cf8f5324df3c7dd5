#pragma once
// SPDX-License-Identifier: MIT
// The task: an independent unit of work on the heap, in a deque or an inbox until one thread runs or cancels it.
// Invariant: exactly one call of `settle` per queued task; it frees what the task holds.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

#include <beat/base/config.hpp>
#include <beat/memory/node_cache.hpp>
#include <beat/runtime/completion.hpp>
#include <beat/runtime/task_attributes.hpp>

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
  void const* family;  // what waits for it and others, itself, or null; not changed while it is queued
  std::unique_ptr<task_attributes const, task_attributes::deleter>
      attributes;  // null for most; set before it is queued

  explicit task(function f, void const* group = nullptr) noexcept : settle{f}, family{group} {}

  /// One that is waited for alone: whoever begins it claims it before, in the queue or out of it.
  struct claimed {};
  task(function f, claimed) noexcept : settle{f}, family{this} {}
  bool is_claimed() const noexcept { return family == this; }

  task(task const&) = delete;
  task& operator=(task const&) = delete;

  /// Whether its deadline has passed, so that it must not begin.
  bool is_late() const noexcept { return attributes != nullptr && attributes->is_late(); }

  // Both inline: where only one is, g++ takes them for a pair that does not match.
  BEAT_FORCE_INLINE static void* operator new(std::size_t size) { return node_cache::allocate(size); }
  BEAT_FORCE_INLINE static void operator delete(void* memory, std::size_t size) noexcept {
    node_cache::deallocate(memory, size);
  }
  // For callables that are aligned to more than operator new is by itself.
  static void* operator new(std::size_t size, std::align_val_t alignment) { return ::operator new(size, alignment); }
  static void operator delete(void* memory, std::size_t, std::align_val_t alignment) noexcept {
    ::operator delete(memory, alignment);
  }
};

}  // namespace beat::inline v0::detail
