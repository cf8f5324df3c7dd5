// SPDX-License-Identifier: MIT
// Memory lies where it was asked for, whichever thread touches it first.

#include <beat/memory/allocation_usage.hpp>
#include <beat/memory/numa_resource.hpp>
#include <beat/memory/object_pool.hpp>
#include <cstddef>
#include <cstring>
#include <limits>
#include <memory_resource>
#include <numeric>
#include <vector>

#include "numa/machine.hpp"

namespace {

using beat::allocation_usage;
using beat::numa_policy;
using beat::numa_resource;
using beat::page_size;

// Memory of some pages, and how many of them lie on each node once they were all touched from `toucher`.
std::vector<std::size_t> pages_on_nodes(std::pmr::memory_resource& resource, std::size_t pages, unsigned toucher) {
  guest::stay_on const there{toucher};
  auto* const memory = static_cast<std::byte*>(resource.allocate(pages * guest::page, guest::page));
  std::memset(memory, 1, pages * guest::page);
  std::vector<std::size_t> counts(guest::nodes);
  for (std::size_t i = 0; i < pages; ++i) ++counts.at(beat::node_of(memory + i * guest::page).value());
  resource.deallocate(memory, pages * guest::page, guest::page);
  return counts;
}

std::vector<std::size_t> all_on(unsigned node, std::size_t pages) {
  std::vector<std::size_t> counts(guest::nodes);
  counts[node] = pages;
  return counts;
}

constexpr unsigned far_from(unsigned node) { return (node + 2) % guest::nodes; }

}  // namespace

TEST_CASE("bound and preferred memory lies on its node, whoever touches it", "[numa]") {
  for (numa_policy const policy : {numa_policy::bind, numa_policy::preferred})
    for (unsigned node = 0; node < guest::nodes; ++node) {
      numa_resource resource{node, policy};
      CHECK(pages_on_nodes(resource, 8, far_from(node)) == all_on(node, 8));
      CHECK(resource.is_bound());
    }
}

TEST_CASE("memory of huge pages lies on its node", "[numa]") {
  for (unsigned node = 0; node < guest::nodes; ++node) {
    numa_resource resource{node, numa_policy::bind, page_size::huge};
    CHECK(pages_on_nodes(resource, 512, far_from(node)) == all_on(node, 512));
    CHECK(resource.is_bound());
  }
}

TEST_CASE("interleaved memory lies on all nodes in turns", "[numa]") {
  numa_resource resource{0, numa_policy::interleave};
  CHECK(pages_on_nodes(resource, 16, 3) == std::vector<std::size_t>{4, 4, 4, 4});
  CHECK(resource.is_bound());
}

TEST_CASE("a node that the machine does not have is not bound to", "[numa]") {
  for (unsigned const node : {guest::nodes, 63U, 1024U, std::numeric_limits<unsigned>::max()})
    for (numa_policy const policy : {numa_policy::bind, numa_policy::preferred}) {
      numa_resource resource{node, policy};
      CHECK(!resource.is_bound());
      auto const counts = pages_on_nodes(resource, 8, 1);  // the upstream's
      CHECK(std::accumulate(counts.begin(), counts.end(), std::size_t{0}) == 8);
    }
}

TEST_CASE("the resource for each use lies on the node that it was made for", "[numa]") {
  for (allocation_usage const usage : {allocation_usage::frequent_small, allocation_usage::bulk_operations,
                                       allocation_usage::numa_sensitive, allocation_usage::cache_friendly})
    for (unsigned node = 0; node < guest::nodes; ++node) {
      guest::stay_on const there{far_from(node)};
      auto const resource = beat::make_resource(usage, node);
      void* const block = resource->allocate(100, 8);
      std::memset(block, 1, 100);
      CHECK(beat::node_of(block).value() == node);
      resource->deallocate(block, 100, 8);
    }
}

TEST_CASE("the objects of a pool lie on the node of its upstream", "[numa]") {
  guest::stay_on const there{0};
  numa_resource node{3};
  beat::object_pool<long> objects{&node};
  auto const object = objects.make(7);
  CHECK(beat::node_of(object.get()).value() == 3);
}
