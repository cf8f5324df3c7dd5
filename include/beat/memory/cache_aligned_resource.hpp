#pragma once
// SPDX-License-Identifier: MIT
// Memory whose blocks share no cache line, for what different threads write to.

#include <algorithm>
#include <beat/base/cache_line.hpp>
#include <beat/memory/round_up.hpp>
#include <beat/memory/usage.hpp>
#include <cstddef>
#include <memory_resource>

namespace beat::inline v0 {

/// Blocks begin on a cache line, and share none.
/// Thread safety: that of the upstream.
class cache_aligned_resource final : public std::pmr::memory_resource {
 public:
  /// The upstream has to outlive the resource.
  explicit cache_aligned_resource(std::pmr::memory_resource* upstream = std::pmr::get_default_resource()) noexcept
      : upstream_{upstream} {}

  cache_aligned_resource(cache_aligned_resource const&) = delete;
  cache_aligned_resource& operator=(cache_aligned_resource const&) = delete;

  [[nodiscard]] std::pmr::memory_resource* upstream() const noexcept { return upstream_; }
  [[nodiscard]] memory_usage usage() const noexcept { return used_.get(); }

 private:
  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    std::size_t const size = detail::round_up(bytes, cache_line);
    void* const block = upstream_->allocate(size, std::max(alignment, cache_line));
    used_.add(size);
    return block;
  }

  void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
    std::size_t const size = detail::round_up(bytes, cache_line);
    upstream_->deallocate(block, size, std::max(alignment, cache_line));
    used_.remove(size);
  }

  [[nodiscard]] bool do_is_equal(std::pmr::memory_resource const& other) const noexcept override {
    return this == &other;
  }

  std::pmr::memory_resource* upstream_;
  detail::usage_counter used_;
};

}  // namespace beat::inline v0
