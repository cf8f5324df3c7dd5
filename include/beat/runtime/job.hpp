#pragma once
// SPDX-License-Identifier: MIT
// The job: the first word of a potentially parallel call on somebody's stack, all that a thief knows about it.
// Kernel. Invariant: once the thief has marked the job, the owner may be gone from its frame: touch nothing after.

#include <atomic>
#include <cstdint>

#include <beat/base/config.hpp>

namespace beat::inline v0 {

/// How a job ended.
enum class job_mark : std::uintptr_t { done = 1, failed = 2 };

/// One word: the address of what to run (by the owner, at the fork) or the mark (by the thief, at the end).
/// Where nobody takes the job the word stays what it was.
template <class Context, class Atomics>
class basic_job {
 public:
  using function = job_mark (*)(basic_job*, Context&);

  /// A place-holder, with nothing to run.
  constexpr basic_job() noexcept : word_{0} {}

  BEAT_FORCE_INLINE explicit basic_job(function f) noexcept : word_{reinterpret_cast<std::uintptr_t>(f)} {}

  basic_job(basic_job const&) = delete;
  basic_job& operator=(basic_job const&) = delete;

  bool is_filler() const noexcept { return word_.load(std::memory_order_relaxed) == 0; }

  /// Runs the job for the thief `thief`. The caller then marks it.
  job_mark run(Context& thief) {
    return reinterpret_cast<function>(word_.load(std::memory_order_relaxed))(this, thief);
  }

  /// Hands the job back: it may be gone when this returns. Then look whether the owner sleeps.
  void finish(job_mark mark) noexcept {
    // seq_cst: the result, pairs with ended(); and before the look at the owner's event count
    word_.store(static_cast<std::uintptr_t>(mark), std::memory_order_seq_cst);
  }

  bool ended() const noexcept {
    // seq_cst: the result, pairs with finish(); and after the owner's announcement in its event count
    return word_.load(std::memory_order_seq_cst) <= static_cast<std::uintptr_t>(job_mark::failed);
  }

  /// Only after `ended()`.
  bool failed() const noexcept {
    return word_.load(std::memory_order_relaxed) == static_cast<std::uintptr_t>(job_mark::failed);
  }

 private:
  typename Atomics::template atomic<std::uintptr_t> word_;
};

}  // namespace beat::inline v0
