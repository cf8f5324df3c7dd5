#pragma once
// SPDX-License-Identifier: MIT
// What a pool did: counters with one writer each, and the snapshot that a user reads.
// The runtime writes; anyone reads. Invariant: at rest submitted == completed + failed + cancelled.

#include <atomic>
#include <cstdint>

#include <beat/base/cache_line.hpp>

namespace beat::inline v0 {

/// What a pool did since its construction. Subtract two snapshots to get what happened between them.
struct pool_stats {
  std::uint64_t submitted = 0;     ///< tasks accepted by post, submit and task_group::run
  std::uint64_t completed = 0;     ///< tasks that returned
  std::uint64_t failed = 0;        ///< tasks that threw
  std::uint64_t cancelled = 0;     ///< tasks that never started: their stop token or the pool's stop came first
  std::uint64_t roots = 0;         ///< calls of run and algorithms that ran on the thread which made them
  std::uint64_t tasks_stolen = 0;  ///< tasks that another worker had queued
  std::uint64_t jobs_stolen = 0;   ///< potentially parallel calls that another thread took
  std::uint64_t published = 0;     ///< potentially parallel calls that their owner made public on request
  std::uint64_t forced = 0;        ///< potentially parallel calls that a thief made public during a long leaf
  std::uint64_t naps = 0;          ///< times that a worker slept for a bounded time
  std::uint64_t parks = 0;         ///< times that a worker slept until woken

  /// Calls `visit(name, member)` for each counter, in order of declaration.
  template <class Visit>
  static constexpr void for_each(Visit&& visit) {
    visit("submitted", &pool_stats::submitted);
    visit("completed", &pool_stats::completed);
    visit("failed", &pool_stats::failed);
    visit("cancelled", &pool_stats::cancelled);
    visit("roots", &pool_stats::roots);
    visit("tasks_stolen", &pool_stats::tasks_stolen);
    visit("jobs_stolen", &pool_stats::jobs_stolen);
    visit("published", &pool_stats::published);
    visit("forced", &pool_stats::forced);
    visit("naps", &pool_stats::naps);
    visit("parks", &pool_stats::parks);
  }

  friend constexpr pool_stats operator-(pool_stats after, pool_stats const& before) noexcept {
    for_each([&](char const*, std::uint64_t pool_stats::* member) { after.*member -= before.*member; });
    return after;
  }
  friend constexpr pool_stats operator+(pool_stats left, pool_stats const& right) noexcept {
    for_each([&](char const*, std::uint64_t pool_stats::* member) { left.*member += right.*member; });
    return left;
  }
  friend constexpr bool operator==(pool_stats const&, pool_stats const&) = default;

  /// "submitted 10, completed 10, ..." to anything that takes strings and numbers by `<<`.
  template <class Stream>
    requires requires(Stream& stream) { stream << "" << std::uint64_t{}; }
  friend Stream& operator<<(Stream& stream, pool_stats const& stats) {
    char const* separator = "";
    for_each([&](char const* name, std::uint64_t pool_stats::* member) {
      stream << separator << name << ' ' << stats.*member;
      separator = ", ";
    });
    return stream;
  }
};

/// A counter that exactly one thread at a time writes: no read-modify-write.
class counter {
 public:
  void add(std::uint64_t n = 1) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  std::uint64_t read() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// One worker's counters, on cache lines of their own.
struct alignas(cache_line) worker_counters {
  counter collected;  // tasks, from inboxes
  counter completed, failed, cancelled, roots, tasks_stolen, jobs_stolen, published, forced, naps, parks;

  pool_stats snapshot() const noexcept {
    return {.completed = completed.read(),
            .failed = failed.read(),
            .cancelled = cancelled.read(),
            .roots = roots.read(),
            .tasks_stolen = tasks_stolen.read(),
            .jobs_stolen = jobs_stolen.read(),
            .published = published.read(),
            .forced = forced.read(),
            .naps = naps.read(),
            .parks = parks.read()};
  }
};

}  // namespace beat::inline v0
