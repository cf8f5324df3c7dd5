// SPDX-License-Identifier: MIT
// Which resource is chosen for a use, and where its memory lies.

#include <beat/base/cache_line.hpp>
#include <beat/base/error.hpp>
#include <beat/memory/allocation_usage.hpp>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <memory_resource>
#include <set>
#include <type_traits>
#include <vector>

#include "catch.hpp"
#include "memory/upstream.hpp"

namespace {

using beat::allocation_usage;
using beat::make_resource;
using beat::optimal_resource_t;

static_assert(std::is_same_v<optimal_resource_t<allocation_usage::frequent_small>, beat::slab_resource>);
static_assert(std::is_same_v<optimal_resource_t<allocation_usage::bulk_operations>, beat::numa_resource>);
static_assert(std::is_same_v<optimal_resource_t<allocation_usage::numa_sensitive>, beat::numa_resource>);
static_assert(std::is_same_v<optimal_resource_t<allocation_usage::cache_friendly>, beat::cache_aligned_resource>);

constexpr allocation_usage all[] = {allocation_usage::frequent_small, allocation_usage::bulk_operations,
                                    allocation_usage::numa_sensitive, allocation_usage::cache_friendly};

constexpr unsigned no_node = 1U << 20U;

std::uintptr_t address(void const* p) { return reinterpret_cast<std::uintptr_t>(p); }

}  // namespace

TEST_CASE("each use has a resource, whose memory lies on the node where there is one", "[unit]") {
  std::vector<char> const touched(100, 'x');
  unsigned const node = beat::node_of(touched.data()).value_or(0U);
  bool const bound = beat::numa_resource{node}.is_bound();
  for (allocation_usage const usage : all) {
    beat_test::upstream upstream;
    {
      auto const resource = make_resource(usage, node, &upstream);
      for (std::size_t const bytes : {1U, 100U, 5000U, 3'000'000U}) {
        void* const memory = resource->allocate(bytes, 16);
        std::memset(memory, 1, bytes);
        if (bound) CHECK(beat::node_of(memory).value() == node);
        resource->deallocate(memory, bytes, 16);
      }
      CHECK(*resource == *resource);
      CHECK(*resource != upstream);
      if (bound) CHECK(upstream.blocks() == 0);
    }
    CHECK(upstream.blocks() == 0);
    CHECK(upstream.is_consistent());
  }
}

TEST_CASE("without the node each use has the memory of the upstream", "[unit]") {
  for (allocation_usage const usage : all) {
    beat_test::upstream upstream;
    {
      auto const resource = make_resource(usage, no_node, &upstream);
      std::pmr::vector<int> numbers{resource.get()};
      for (int i = 0; i < 10'000; ++i) numbers.push_back(i);
      CHECK(numbers[9'999] == 9'999);
      CHECK(upstream.bytes() >= 10'000 * sizeof(int));
    }
    CHECK(upstream.blocks() == 0);
    CHECK(upstream.is_consistent());
  }
}

TEST_CASE("small blocks come from slabs, and share no line where threads write to them", "[unit]") {
  beat_test::upstream upstream;
  {
    auto const small = make_resource(allocation_usage::frequent_small, no_node, &upstream);
    auto const apart = make_resource(allocation_usage::cache_friendly, no_node, &upstream);
    std::set<std::uintptr_t> lines;
    std::vector<void*> blocks;
    for (int i = 0; i < 100; ++i) {
      blocks.push_back(small->allocate(8, 8));
      blocks.push_back(apart->allocate(8, 8));
      CHECK(address(blocks.back()) % beat::cache_line == 0);
      lines.insert(address(blocks.back()));
    }
    CHECK(lines.size() == 100);
    CHECK(upstream.blocks() < 10);
    for (std::size_t i = 0; i < blocks.size(); ++i) (i % 2 == 0 ? small : apart)->deallocate(blocks[i], 8, 8);
  }
  CHECK(upstream.blocks() == 0);
}

TEST_CASE("what is no use of memory is refused", "[unit]") {
  CHECK_THROWS_AS(static_cast<void>(make_resource(static_cast<allocation_usage>(77), 0)), beat::error);
}
