#pragma once
// SPDX-License-Identifier: MIT
// The gate: counts tasks in and out, so that a pool knows when it is quiet and refuses tasks once it is closed.
// Kernel (proof: README.md, "Shutdown"). Invariant: finished <= admitted; a closed gate lets in only what a task
// that is itself still outstanding submits.

#include <atomic>
#include <cstddef>
#include <cstdint>

#include <beat/base/cache_line.hpp>

namespace beat::inline v0 {

template <class Atomics>
class gate {
  template <class U>
  using atomic = typename Atomics::template atomic<U>;

 public:
  /// Counts `count` tasks in. `from_task` says that an outstanding task of this pool submits them.
  [[nodiscard("a refused task must not be queued")]] bool admit(bool from_task, std::uint64_t count = 1) noexcept {
    std::uint64_t seen = admitted_.load(std::memory_order_relaxed);
    do {
      if ((seen & closed) != 0 && !from_task) return false;
      // relaxed: whoever finishes the task got it after this, and hands that on by finish()
    } while (!admitted_.compare_exchange_weak(seen, seen + count * one, std::memory_order_relaxed,
                                              std::memory_order_relaxed));
    return true;
  }

  /// Counts `count` tasks out. Returns true where the gate fell quiet by it: then waiters want to know.
  bool finish(std::uint64_t count) noexcept {
    // seq_cst: before the caller looks for waiters, and the tasks' effects; pairs with quiet()
    std::uint64_t const done = finished_.fetch_add(count, std::memory_order_seq_cst) + count;
    return done == admitted();  // it sees what was admitted before any of these was finished
  }

  /// From now on `admit(false)` fails.
  void close() noexcept { admitted_.fetch_or(closed, std::memory_order_release); }  // release: pairs with is_closed()

  bool is_closed() const noexcept {
    return (admitted_.load(std::memory_order_acquire) & closed) != 0;  // acquire: pairs with close()
  }

  /// Whether everything is finished that was admitted, as far as the caller knows: by itself, by a task which it sees
  /// finished, or before it closed the gate.
  bool quiet() const noexcept {
    // seq_cst: the tasks' effects, pairs with finish(); and after the caller's announcement as a waiter
    std::uint64_t const done = finished_.load(std::memory_order_seq_cst);
    return done == admitted();
  }

  /// For whoever looks on.
  std::uint64_t finished() const noexcept { return finished_.load(std::memory_order_relaxed); }
  std::uint64_t admitted() const noexcept { return admitted_.load(std::memory_order_relaxed) / one; }

 private:
  static constexpr std::uint64_t closed = 1;
  static constexpr std::uint64_t one = 2;

  alignas(cache_line) atomic<std::uint64_t> admitted_{0};  // bit 0: closed; above: tasks let in; written by anyone
  alignas(cache_line) atomic<std::uint64_t> finished_{0};  // tasks done, in batches; written by the workers
};

}  // namespace beat::inline v0
