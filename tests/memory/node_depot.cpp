// SPDX-License-Identifier: MIT
// The depot of free nodes: how much it takes. That a chain is with one thread: tests/model/node_depot.cpp.

#include <beat/base/atomics.hpp>
#include <beat/memory/node_depot.hpp>
#include <set>
#include <vector>

#include "catch.hpp"

namespace {

struct node {};

constexpr std::uint32_t capacity = 5;
using depot = beat::detail::node_depot<node, capacity, beat::std_atomics>;

}  // namespace

TEST_CASE("a depot takes chains until it is full, and has none when it is empty", "[unit]") {
  depot d;
  CHECK(d.take() == nullptr);
  std::vector<node> chains(capacity + 1);
  for (std::uint32_t i = 0; i < capacity; ++i) CHECK(d.give(&chains[i]));
  CHECK_FALSE(d.give(&chains[capacity]));
  std::set<node*> seen;
  while (node* const chain = d.take()) REQUIRE(seen.insert(chain).second);
  CHECK(seen.size() == capacity);
}
