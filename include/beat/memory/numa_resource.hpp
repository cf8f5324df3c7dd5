#pragma once
// SPDX-License-Identifier: MIT
// Memory on chosen NUMA nodes, in whole pages. It is meant as an upstream: of slab_resource, object_pool, or a large
// container.

#include <atomic>
#include <beat/memory/numa.hpp>
#include <beat/memory/round_up.hpp>
#include <beat/memory/usage.hpp>
#include <cstddef>
#include <memory_resource>
#include <new>

namespace beat::inline v0 {

/// Each block is of pages of its own, whose place the system was told. Where it can't be told, for want of NUMA, of
/// such a node, or because this program is built without libnuma, memory comes from the upstream, and is_bound() says
/// so. Blocks whose alignment is above that of a page come from the upstream, too. Thread safety: all members may be
/// called at the same time, as may those of the upstream have to be.
class numa_resource final : public std::pmr::memory_resource {
 public:
  /// `node` is the system's number of it. The upstream has to outlive the resource.
  explicit numa_resource(unsigned node, numa_policy policy = numa_policy::bind, page_size size = page_size::normal,
                         std::pmr::memory_resource* upstream = std::pmr::get_default_resource()) noexcept
      : node_{node},
        policy_{policy},
        size_{size},
        unit_{detail::numa::unit(size)},
        upstream_{upstream},
        has_nodes_{probe()} {}

  numa_resource(numa_resource const&) = delete;
  numa_resource& operator=(numa_resource const&) = delete;

  /// Whether the system accepted the policy for all blocks so far.
  [[nodiscard]] bool is_bound() const noexcept { return has_nodes_ && !was_refused_.load(std::memory_order_relaxed); }

  [[nodiscard]] unsigned node() const noexcept { return node_; }
  [[nodiscard]] numa_policy policy() const noexcept { return policy_; }
  [[nodiscard]] page_size pages() const noexcept { return size_; }
  [[nodiscard]] std::pmr::memory_resource* upstream() const noexcept { return upstream_; }
  [[nodiscard]] memory_usage usage() const noexcept { return used_.get(); }

 private:
  [[nodiscard]] bool probe() const noexcept {
    void* const pages = detail::numa::map(unit_, size_);
    if (pages == nullptr) return false;
    bool const bound = detail::numa::bind(pages, unit_, node_, policy_);
    detail::numa::unmap(pages, unit_);
    return bound;
  }

  [[nodiscard]] bool is_mapped(std::size_t alignment) const noexcept { return has_nodes_ && alignment <= unit_; }

  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    if (!is_mapped(alignment)) {
      void* const block = upstream_->allocate(bytes, alignment);
      used_.add(bytes);
      return block;
    }
    std::size_t const whole = detail::round_up(bytes, unit_);
    void* const pages = detail::numa::map(whole, size_);
    if (pages == nullptr) throw std::bad_alloc{};
    if (!detail::numa::bind(pages, whole, node_, policy_)) was_refused_.store(true, std::memory_order_relaxed);
    used_.add(whole);
    return pages;
  }

  void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
    if (!is_mapped(alignment)) {
      used_.remove(bytes);
      return upstream_->deallocate(block, bytes, alignment);
    }
    std::size_t const whole = detail::round_up(bytes, unit_);
    used_.remove(whole);
    detail::numa::unmap(block, whole);
  }

  [[nodiscard]] bool do_is_equal(std::pmr::memory_resource const& other) const noexcept override {
    return this == &other;
  }

  unsigned const node_;
  numa_policy const policy_;
  page_size const size_;
  std::size_t const unit_;  // blocks are of so many bytes each, or a multiple
  std::pmr::memory_resource* const upstream_;
  bool const has_nodes_;                  // found at the start: the policy can be had
  std::atomic<bool> was_refused_{false};  // written by who allocates, read by is_bound()
  detail::usage_counter used_;
};

}  // namespace beat::inline v0
