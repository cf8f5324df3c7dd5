#pragma once
// SPDX-License-Identifier: MIT
// Which memory resource suits what memory is used for.

#include <beat/base/error.hpp>
#include <beat/memory/cache_aligned_resource.hpp>
#include <beat/memory/numa_resource.hpp>
#include <beat/memory/slab_resource.hpp>
#include <cstddef>
#include <memory>
#include <memory_resource>

namespace beat::inline v0 {

/// What memory is used for.
enum class allocation_usage {
  /// Many small blocks that come and go.
  frequent_small,
  /// Large blocks that are gone through from one end to the other.
  bulk_operations,
  /// Large blocks whose pages have to be near the threads of one NUMA node.
  numa_sensitive,
  /// Blocks to which different threads write.
  cache_friendly,
};

namespace detail {

template <allocation_usage usage>
struct optimal_resource;

template <>
struct optimal_resource<allocation_usage::frequent_small> {
  using type = slab_resource;
};
template <>
struct optimal_resource<allocation_usage::bulk_operations> {
  using type = numa_resource;  // with huge pages
};
template <>
struct optimal_resource<allocation_usage::numa_sensitive> {
  using type = numa_resource;
};
template <>
struct optimal_resource<allocation_usage::cache_friendly> {
  using type = cache_aligned_resource;
};

// Small blocks in slabs on one node; perhaps each on cache lines of its own.
class small_blocks_on_node final : public std::pmr::memory_resource {
 public:
  small_blocks_on_node(unsigned node, bool whole_lines, std::pmr::memory_resource* upstream)
      : pages_{node, numa_policy::preferred, page_size::normal, upstream},
        slabs_{&pages_},
        lines_{&slabs_},
        front_{whole_lines ? static_cast<std::pmr::memory_resource*>(&lines_) : &slabs_} {}

 private:
  void* do_allocate(std::size_t bytes, std::size_t alignment) override { return front_->allocate(bytes, alignment); }
  void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
    front_->deallocate(block, bytes, alignment);
  }
  [[nodiscard]] bool do_is_equal(std::pmr::memory_resource const& other) const noexcept override {
    return this == &other;
  }

  numa_resource pages_;
  slab_resource slabs_;
  cache_aligned_resource lines_;
  std::pmr::memory_resource* const front_;
};

}  // namespace detail

/// The resource for a use: slab_resource, numa_resource (twice), cache_aligned_resource.
template <allocation_usage usage>
using optimal_resource_t = typename detail::optimal_resource<usage>::type;

/// A resource for a use whose memory lies on the node with the system's number `node`: with huge pages, as far as there
/// is room, for bulk_operations; there and nowhere else for numa_sensitive; as far as there is room for the others.
/// Where there is no such node, memory is the upstream's, which has to outlive the resource. Throws: std::bad_alloc,
/// beat::error(invalid_argument). Thread safety: as numa_resource.
[[nodiscard]] inline std::unique_ptr<std::pmr::memory_resource> make_resource(
    allocation_usage usage, unsigned node, std::pmr::memory_resource* upstream = std::pmr::get_default_resource()) {
  switch (usage) {
    case allocation_usage::frequent_small:
      return std::make_unique<detail::small_blocks_on_node>(node, false, upstream);
    case allocation_usage::bulk_operations:
      return std::make_unique<numa_resource>(node, numa_policy::preferred, page_size::huge, upstream);
    case allocation_usage::numa_sensitive:
      return std::make_unique<numa_resource>(node, numa_policy::bind, page_size::normal, upstream);
    case allocation_usage::cache_friendly:
      return std::make_unique<detail::small_blocks_on_node>(node, true, upstream);
  }
  detail::throw_error(errc::invalid_argument, "make_resource: this is no use of memory; name one of allocation_usage");
}

}  // namespace beat::inline v0
