// SPDX-License-Identifier: MIT
// The layout: homes, places and who is near, on machines that are described in words.

#include <beat/runtime/layout.hpp>

#include <beat/topology/synthetic.hpp>
#include <cstdint>
#include <vector>

#include "catch.hpp"
#include "machine_of.hpp"

namespace {

using beat::detail::layout;
using policy = beat::placement_policy;
using tiers = std::vector<std::vector<std::uint32_t>>;

tiers tiers_of(layout const& where, std::uint32_t worker) {
  tiers result;
  for (std::size_t i = 0; i < where.order(worker).tier_ends.size(); ++i) {
    auto const tier = where.order(worker).tier(i);
    result.emplace_back(tier.begin(), tier.end());
  }
  return result;
}

}  // namespace

TEST_CASE("who has no place is equal to everybody", "[unit]") {
  layout const nowhere;
  CHECK(nowhere.homes() == 1);
  CHECK(nowhere.placed() == 0);
  CHECK(nowhere.home(7) == 0);
  CHECK(nowhere.home_here() == 0);
  CHECK(nowhere.place(3).empty());
  CHECK_FALSE(nowhere.machine());

  layout const unbound{beat::topology_from_synthetic("package:2 core:2"), 4, policy::none};
  CHECK(unbound.homes() == 1);
  CHECK(unbound.placed() == 0);
  CHECK(unbound.machine()->nodes().size() == 2);
}

TEST_CASE("the nearest are those of the same cache, then of the node, the package, and by distance", "[unit]") {
  auto const machine = beat::topology_from_synthetic(
      "package:2 node:2 l3:2 core:2 distances:10,12,30,40,12,10,40,30,30,40,10,12,40,30,12,10");
  layout const where{machine, 16, policy::compact};
  CHECK(where.homes() == 4);
  CHECK(where.placed() == 16);
  CHECK(where.place(5) == beat::cpu_set{5});
  CHECK(where.home(0) == 0);
  CHECK(where.home(5) == 1);
  CHECK(where.home(15) == 3);
  CHECK(tiers_of(where, 0) == tiers{{0, 1}, {2, 3}, {4, 5, 6, 7}, {8, 9, 10, 11}, {12, 13, 14, 15}});
  CHECK(tiers_of(where, 6) == tiers{{6, 7}, {4, 5}, {0, 1, 2, 3}, {12, 13, 14, 15}, {8, 9, 10, 11}});
}

TEST_CASE("of nodes that are equally far those of the own package come first", "[unit]") {
  layout const where{beat::topology_from_synthetic("package:2 node:2 core:1"), 4, policy::scatter};
  // By scatter the packages take turns: 0 and 2 are one package, 1 and 3 the other.
  CHECK(tiers_of(where, 0) == tiers{{0}, {2}, {1, 3}});
  CHECK(tiers_of(where, 3) == tiers{{3}, {1}, {0, 2}});
}

TEST_CASE("everybody with a place is in one tier of everybody", "[unit]") {
  for (auto const* const text : {"package:2 node:2 l3:2 core:2 pu:2", "package:1 core:3", "package:4 core:4 pu:2"})
    for (unsigned const workers : {1U, 2U, 7U, 40U}) {
      layout const where{beat::topology_from_synthetic(text), workers, policy::compact};
      for (std::uint32_t worker = 0; worker < workers; ++worker) {
        std::vector<bool> seen(workers, false);
        for (auto const& tier : tiers_of(where, worker))
          for (std::uint32_t const victim : tier) {
            CHECK_FALSE(seen[victim]);
            seen[victim] = true;
          }
        CHECK(seen == std::vector<bool>(workers, true));
      }
    }
}

TEST_CASE("a spare may run everywhere on the node that it counts to", "[unit]") {
  layout const where{beat::topology_from_synthetic("package:2 core:2 usable:0,2-3"), 3, policy::compact};
  CHECK(where.home(3) == 0);
  CHECK(where.place(3) == beat::cpu_set{0});
  CHECK(where.home(4) == 1);
  CHECK(where.place(4) == beat::cpu_set{2, 3});
}

TEST_CASE("nobody counts to a node of memory only", "[unit]") {
  beat::topology_tables tables = beat::topology_from_synthetic("package:1 core:2").tables();
  tables.nodes.push_back({.os_index = 1});
  tables.distances.clear();
  layout const where{beat::topology{tables}, 2, policy::compact};
  CHECK(where.homes() == 2);
  for (std::uint32_t worker = 0; worker < 6; ++worker) {
    CHECK(where.home(worker) == 0);
    CHECK_FALSE(where.place(worker).empty());
  }
}

TEST_CASE("a thread from outside is at home where it runs", "[unit]") {
  beat::cpu_set const here = beat::this_thread_affinity();
  beat::cpu_set const elsewhere{1000};
  CHECK(layout{machine_of({elsewhere, here}), 2, policy::compact}.home_here() == 1);
  CHECK(layout{machine_of({here, elsewhere}), 2, policy::compact}.home_here() == 0);
}
