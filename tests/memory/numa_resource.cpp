// SPDX-License-Identifier: MIT
// Memory on NUMA nodes. Where this machine or this build has none, the same code runs on memory of the upstream, and
// says so.

#include <beat/memory/numa_resource.hpp>
#include <beat/memory/object_pool.hpp>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory_resource>
#include <new>
#include <thread>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "memory/upstream.hpp"

namespace {

using beat::memory_usage;
using beat::node_of;
using beat::numa_policy;
using beat::numa_resource;
using beat::page_size;

bool is_aligned(void const* p, std::size_t alignment) { return reinterpret_cast<std::uintptr_t>(p) % alignment == 0; }

// A node that each machine with NUMA has: the one of this page, once it was touched.
unsigned some_node() {
  std::vector<char> const touched(100, 'x');
  return node_of(touched.data()).value_or(0U);
}

bool has_numa() { return numa_resource{some_node()}.is_bound(); }

void use(numa_resource& resource) {
  std::size_t const before = resource.usage().blocks_in_use;
  std::vector<std::pair<unsigned char*, std::size_t>> blocks;
  for (std::size_t const bytes : {std::size_t{0}, std::size_t{1}, std::size_t{5000}, std::size_t{300'000}}) {
    auto* const memory = static_cast<unsigned char*>(resource.allocate(bytes, 64));
    REQUIRE(is_aligned(memory, 64));
    std::memset(memory, static_cast<int>(blocks.size()), bytes);
    blocks.emplace_back(memory, bytes);
  }
  CHECK(resource.usage().blocks_in_use == before + 4);
  CHECK(resource.usage().bytes_in_use >= 305'001);
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    for (std::size_t k = 0; k < blocks[i].second; ++k) REQUIRE(blocks[i].first[k] == i);
    resource.deallocate(blocks[i].first, blocks[i].second, 64);
  }
  CHECK(resource.usage().blocks_in_use == before);
}

}  // namespace

TEST_CASE("memory comes with each policy and page size, bound or not", "[unit]") {
  for (numa_policy const policy : {numa_policy::bind, numa_policy::preferred, numa_policy::interleave})
    for (page_size const size : {page_size::normal, page_size::huge}) {
      numa_resource resource{some_node(), policy, size};
      CHECK(resource.is_bound() == has_numa());
      CHECK(resource.policy() == policy);
      CHECK(resource.pages() == size);
      CHECK(resource.node() == some_node());
      use(resource);
      CHECK(resource.usage() == memory_usage{});
      CHECK(resource.is_bound() == has_numa());
    }
}

TEST_CASE("a node that does not exist is not bound to, and memory comes from the upstream", "[unit]") {
  for (unsigned const node : {63U, 1023U, 1024U, 4095U, 1U << 20U, std::numeric_limits<unsigned>::max()}) {
    beat_test::upstream upstream;
    numa_resource resource{node, numa_policy::bind, page_size::normal, &upstream};
    if (resource.is_bound()) continue;  // a large machine
    CHECK(resource.upstream() == &upstream);
    void* const memory = resource.allocate(100, 8);
    CHECK(upstream.bytes() == 100);
    CHECK(resource.usage() == memory_usage{1, 100, 100});
    resource.deallocate(memory, 100, 8);
    CHECK(upstream.blocks() == 0);
    upstream.fail_after(0);
    CHECK_THROWS_AS(static_cast<void>(resource.allocate(1)), std::bad_alloc);
    CHECK(resource.usage() == memory_usage{});
  }
  CHECK(!numa_resource{std::numeric_limits<unsigned>::max()}.is_bound());
}

TEST_CASE("bound memory lies on its node, in pages of its own", "[unit]") {
  unsigned const node = some_node();
  beat_test::upstream upstream;
  numa_resource resource{node, numa_policy::bind, page_size::normal, &upstream};
  if (!resource.is_bound()) return;
  auto* const memory = static_cast<char*>(resource.allocate(10'000, 8));
  CHECK(upstream.blocks() == 0);
  CHECK(is_aligned(memory, 4096));
  CHECK_FALSE(node_of(memory).has_value());  // nobody touched it yet
  std::memset(memory, 1, 10'000);
  CHECK(node_of(memory).value() == node);
  CHECK(node_of(memory + 9'999).value() == node);
  resource.deallocate(memory, 10'000, 8);

  numa_resource huge{node, numa_policy::bind, page_size::huge, &upstream};
  void* const large = huge.allocate(3U << 20U, 8);
  CHECK(is_aligned(large, 2U << 20U));
  CHECK(huge.usage().bytes_in_use == 4U << 20U);
  std::memset(large, 1, 3U << 20U);
  CHECK(node_of(large).value() == node);
  huge.deallocate(large, 3U << 20U, 8);
}

TEST_CASE("an alignment above a page comes from the upstream, and too great a size from nowhere", "[unit]") {
  beat_test::upstream upstream;
  numa_resource resource{some_node(), numa_policy::preferred, page_size::normal, &upstream};
  void* const memory = resource.allocate(10, 1U << 20U);
  CHECK(is_aligned(memory, 1U << 20U));
  CHECK(upstream.bytes() == 10);
  resource.deallocate(memory, 10, 1U << 20U);
  CHECK(upstream.blocks() == 0);
  upstream.fail_after(0);
  for (std::size_t const less : {0U, 5000U}) {
    std::size_t const bytes = std::numeric_limits<std::size_t>::max() - less;
    CHECK_THROWS_AS(static_cast<void>(resource.allocate(bytes, 8)), std::bad_alloc);
  }
  CHECK_THROWS_AS(static_cast<void>(resource.allocate(std::size_t{1} << 60U, 8)), std::bad_alloc);
  CHECK(resource.usage() == memory_usage{});
}

TEST_CASE("where a pointer lies is told only for pages that are there", "[unit]") {
  static char const constant = 1;
  auto const here = node_of(&constant);
  CHECK((here.has_value() || here.error()));
  CHECK_FALSE(node_of(nullptr).has_value());
  CHECK_FALSE(node_of(reinterpret_cast<void const*>(~std::uintptr_t{4095})).has_value());
}

TEST_CASE("a pool of objects works on a node", "[unit]") {
  numa_resource node{some_node()};
  {
    beat::object_pool<std::uint64_t> pool{&node};
    auto const number = pool.make(5U);
    CHECK(*number == 5);
    CHECK(node.usage().bytes_in_use >= pool.usage().bytes_reserved);
    std::vector<std::thread> threads;
    for (int t = 0; t < 2; ++t)
      threads.emplace_back([&] {
        for (unsigned i = 0; i < 1000; ++i) static_cast<void>(*pool.make(i));
      });
    for (std::thread& t : threads) t.join();
  }
  CHECK(node.usage() == memory_usage{});
  CHECK(node == node);
  CHECK(node != *std::pmr::new_delete_resource());
}

TEST_CASE("where many pages are is told as for each of them", "[unit]") {
  std::vector<char> const touched(100'000, 'x');
  std::vector<void*> places{nullptr};
  for (std::size_t i = 0; i < touched.size(); i += 1000) places.push_back(const_cast<char*>(&touched[i]));
  std::vector<int> nodes(places.size(), 77);
  beat::detail::numa::nodes_of(places, nodes);
  std::vector<int> expected;
  for (void const* place : places) {
    auto const node = node_of(place);
    expected.push_back(node ? static_cast<int>(*node) : -1);
  }
  CHECK(nodes == expected);
}
