#pragma once
// SPDX-License-Identifier: MIT
// The places of a bounded queue: a task has one from before it is queued until it begins or is called off. Who brings a
// task from outside gets a free place, or sleeps until there is one.
// Kernel (proof: README.md, "Bounded queues"). Invariant: nobody sleeps while a place is free, or the queue closed.

#include <atomic>
#include <cstdint>

#include <beat/base/cache_line.hpp>
#include <beat/runtime/event_count.hpp>

namespace beat::inline v0 {

/// What became of a wish for a place.
enum class place : std::uint8_t { taken, none, closed };

template <class Atomics>
class places {
  template <class U>
  using atomic = typename Atomics::template atomic<U>;

 public:
  /// Before anybody takes one; 0 means that there is no end to them, and then nobody is to count them.
  void set_limit(std::uint64_t limit) noexcept { limit_ = limit < most ? limit : most; }
  bool is_bounded() const noexcept { return limit_ != 0; }

  [[nodiscard("without a place no task from outside may be queued")]] place try_take() noexcept {
    // seq_cst: the look of one who has announced a sleep; pairs with give_back() and close()
    std::int64_t seen = word_.load(std::memory_order_seq_cst);
    for (;;) {
      if ((seen & closed) != 0) return place::closed;
      if (!is_free(seen)) return place::none;
      // relaxed: where it fails, what it reads is no older, and who changes it after that looks for sleepers, too
      if (word_.compare_exchange_weak(seen, seen + one, std::memory_order_relaxed, std::memory_order_relaxed))
        return place::taken;
    }
  }

  /// Sleeps while there is none.
  [[nodiscard("without a place no task from outside may be queued")]] place take() noexcept {
    for (;;) {
      if (place const got = try_take(); got != place::none) return got;
      typename event_count<Atomics>::key const key = freed_.prepare();
      if (place const got = try_take(); got != place::none) {
        freed_.cancel();
        return got;
      }
      freed_.wait(key);
    }
  }

  /// For a task that can't be refused, whether there is one or not.
  void take_anyway() noexcept { word_.fetch_add(one, std::memory_order_relaxed); }

  void give_back() noexcept {
    // seq_cst: before the look for sleepers; pairs with try_take()
    std::int64_t const before = word_.fetch_sub(one, std::memory_order_seq_cst);
    if (is_free(before - one)) freed_.notify_one();
  }

  /// From now on there are none, and nobody sleeps.
  void close() noexcept {
    word_.fetch_or(closed, std::memory_order_seq_cst);  // seq_cst: before the look for sleepers; pairs with try_take()
    freed_.notify_all();
  }

  /// How many are taken, for whoever looks on; and whether one is free.
  std::uint64_t taken() const noexcept {
    std::int64_t const count = word_.load(std::memory_order_relaxed) / one;
    return count > 0 ? static_cast<std::uint64_t>(count) : 0;
  }
  bool has_free() const noexcept { return taken() < limit_; }

 private:
  static constexpr std::int64_t closed = 1;
  static constexpr std::int64_t one = 2;
  static constexpr std::uint64_t most = std::uint64_t{1} << 60;

  bool is_free(std::int64_t word) const noexcept { return word / one < static_cast<std::int64_t>(limit_); }

  std::uint64_t limit_ = 0;
  // Bit 0: closed; above: places that are taken. A task that begins while it arrives may give its place back first.
  alignas(cache_line) atomic<std::int64_t> word_{0};
  event_count<Atomics> freed_;  // where those sleep who wait for a place
};

}  // namespace beat::inline v0
