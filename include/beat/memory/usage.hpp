#pragma once
// SPDX-License-Identifier: MIT
// What a memory resource has handed out, and how it counts that where it counts nothing else.

#include <atomic>
#include <cstddef>

namespace beat::inline v0 {

/// How much of a resource's memory is in use. It is exact while nobody allocates or frees; a glimpse otherwise.
struct memory_usage {
  std::size_t blocks_in_use = 0;
  /// The size of those blocks, with what was added to round them up. Units: bytes.
  std::size_t bytes_in_use = 0;
  /// What the resource holds of its upstream: the blocks in use, and what it keeps for later. Units: bytes.
  std::size_t bytes_reserved = 0;

  [[nodiscard]] friend bool operator==(memory_usage const&, memory_usage const&) = default;

  memory_usage& operator+=(memory_usage const& other) noexcept {
    blocks_in_use += other.blocks_in_use;
    bytes_in_use += other.bytes_in_use;
    bytes_reserved += other.bytes_reserved;
    return *this;
  }
};

namespace detail {

/// Counts the blocks of a resource that keeps nothing for later.
class usage_counter {
 public:
  void add(std::size_t bytes) noexcept {
    blocks_.fetch_add(1, std::memory_order_relaxed);
    bytes_.fetch_add(bytes, std::memory_order_relaxed);
  }
  void remove(std::size_t bytes) noexcept {
    blocks_.fetch_sub(1, std::memory_order_relaxed);
    bytes_.fetch_sub(bytes, std::memory_order_relaxed);
  }
  [[nodiscard]] memory_usage get() const noexcept {
    std::size_t const bytes = bytes_.load(std::memory_order_relaxed);
    return {blocks_.load(std::memory_order_relaxed), bytes, bytes};
  }

 private:
  // Written and read by every thread that uses the resource.
  std::atomic<std::size_t> blocks_{0};
  std::atomic<std::size_t> bytes_{0};
};

}  // namespace detail

}  // namespace beat::inline v0
