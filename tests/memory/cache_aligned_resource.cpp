// SPDX-License-Identifier: MIT
// The resource whose blocks share no cache line: where they lie, what it takes of its upstream, what it counts.

#include <beat/memory/cache_aligned_resource.hpp>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory_resource>
#include <new>
#include <set>
#include <vector>

#include "catch.hpp"
#include "memory/upstream.hpp"

namespace {

using beat::cache_aligned_resource;
using beat::cache_line;
using beat::memory_usage;

std::uintptr_t address(void const* p) { return reinterpret_cast<std::uintptr_t>(p); }

}  // namespace

TEST_CASE("blocks begin on a cache line and share none", "[unit]") {
  beat_test::upstream upstream;
  cache_aligned_resource resource{&upstream};
  std::set<std::uintptr_t> lines;
  std::vector<void*> blocks;
  for (std::size_t bytes = 0; bytes < 4 * cache_line; ++bytes) {
    void* const block = resource.allocate(bytes, 1 + bytes % 2);
    blocks.push_back(block);
    REQUIRE(address(block) % cache_line == 0);
    std::size_t const last = bytes == 0 ? 0 : bytes - 1;
    for (std::size_t line = 0; line <= last / cache_line; ++line)
      REQUIRE(lines.insert(address(block) / cache_line + line).second);
    // What follows in the last line is the block's, too.
    REQUIRE(upstream.last().bytes % cache_line == 0);
    REQUIRE(upstream.last().bytes >= bytes);
  }
  for (std::size_t bytes = 0; bytes < blocks.size(); ++bytes) resource.deallocate(blocks[bytes], bytes, 1 + bytes % 2);
  CHECK(upstream.blocks() == 0);
  CHECK(upstream.is_consistent());
}

TEST_CASE("an alignment above a cache line is kept", "[unit]") {
  beat_test::upstream upstream;
  cache_aligned_resource resource{&upstream};
  void* const block = resource.allocate(1, 4096);
  CHECK(address(block) % 4096 == 0);
  CHECK(upstream.last().alignment == 4096);
  resource.deallocate(block, 1, 4096);
  CHECK(upstream.is_consistent());
}

TEST_CASE("a cache aligned resource counts whole lines", "[unit]") {
  cache_aligned_resource resource;
  CHECK(resource.upstream() == std::pmr::get_default_resource());
  void* const a = resource.allocate(1);
  void* const b = resource.allocate(cache_line + 1);
  CHECK(resource.usage() == memory_usage{2, 3 * cache_line, 3 * cache_line});
  resource.deallocate(a, 1);
  CHECK(resource.usage() == memory_usage{1, 2 * cache_line, 2 * cache_line});
  resource.deallocate(b, cache_line + 1);
  CHECK(resource.usage() == memory_usage{});
}

TEST_CASE("where the upstream fails, or a size can't be rounded up, nothing is counted", "[unit]") {
  beat_test::upstream upstream;
  cache_aligned_resource resource{&upstream};
  upstream.fail_after(0);
  CHECK_THROWS_AS(static_cast<void>(resource.allocate(8)), std::bad_alloc);
  upstream.never_fail();
  for (std::size_t less = 0; less < cache_line - 1; less += 31)
    CHECK_THROWS_AS(static_cast<void>(resource.allocate(std::numeric_limits<std::size_t>::max() - less)),
                    std::bad_alloc);
  CHECK(resource.usage() == memory_usage{});
}

TEST_CASE("a container works on a cache aligned resource, and equal resources are the same one", "[unit]") {
  cache_aligned_resource resource;
  cache_aligned_resource const other;
  {
    std::pmr::vector<int> numbers{&resource};
    for (int i = 0; i < 1000; ++i) numbers.push_back(i);
    CHECK(address(numbers.data()) % cache_line == 0);
    CHECK(numbers.back() == 999);
  }
  CHECK(resource.usage() == memory_usage{});
  CHECK(resource == resource);
  CHECK(resource != other);
}
