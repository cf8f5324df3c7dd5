// SPDX-License-Identifier: MIT
// What is found out about a machine with four nodes, and where threads are to be placed on it.

#include <beat/runtime/pool.hpp>
#include <beat/topology/discover.hpp>
#include <beat/topology/limits.hpp>
#include <beat/topology/placement.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "numa/machine.hpp"

namespace {

using beat::cpu_set;
using beat::placement_policy;

using places = std::vector<cpu_set>;

}  // namespace

TEST_CASE("the kernel's description of four nodes is understood", "[numa]") {
  std::vector<std::string> warnings;
  beat::topology const machine =
      beat::discover({.on_warning = [&](std::string_view text) { warnings.emplace_back(text); }});
  CHECK(warnings.empty());
  CHECK(machine.source() == "built-in (sysfs)");
  CHECK(machine.packages().size() == guest::nodes);
  CHECK(machine.cores().size() == guest::cpus);
  CHECK(machine.cpus().size() == guest::cpus);
  CHECK(machine.usable() == cpu_set::first_cpus(guest::cpus));
  REQUIRE(machine.nodes().size() == guest::nodes);
  for (unsigned from = 0; from < guest::nodes; ++from) {
    auto const& node = machine[beat::node_id{from}];
    CHECK(node.os_index == from);
    CHECK(node.cpus == guest::cpus_of(from));
    CHECK(node.memory_bytes > std::uint64_t{64} << 20U);
    CHECK(node.memory_bytes <= std::uint64_t{192} << 20U);
    for (unsigned to = 0; to < guest::nodes; ++to)
      CHECK(machine.distance(beat::node_id{from}, beat::node_id{to}) == guest::distances[from][to]);
  }
  CHECK(beat::usable_cpus() == guest::cpus);
}

TEST_CASE("threads are planned node by node, or in turns", "[numa]") {
  beat::topology const machine = beat::discover();
  auto const plan = [&](unsigned threads, placement_policy policy) {
    return optimal_thread_placement(machine, threads, policy);
  };
  CHECK(plan(8, placement_policy::compact) == places{{0}, {1}, {2}, {3}, {4}, {5}, {6}, {7}});
  CHECK(plan(8, placement_policy::scatter) == places{{0}, {2}, {4}, {6}, {1}, {3}, {5}, {7}});
  CHECK(plan(9, placement_policy::one_per_core) == places{{0}, {1}, {2}, {3}, {4}, {5}, {6}, {7}, {0}});
  CHECK(plan(4, placement_policy::one_per_l3) == places{{0, 1}, {2, 3}, {4, 5}, {6, 7}});
  CHECK(beat::recommended_options().placement == placement_policy::scatter);
}

TEST_CASE("a machine is described as far as this thread may use it", "[numa]") {
  guest::stay_on const there{2};
  beat::topology const machine = beat::discover();
  CHECK(machine.nodes().size() == guest::nodes);
  CHECK(machine.usable() == guest::cpus_of(2));
  CHECK(optimal_thread_placement(machine, 3, placement_policy::scatter) == places{{4}, {5}, {4}});
  CHECK(beat::usable_cpus() == 2);
  CHECK(beat::recommended_options().placement == placement_policy::none);
}
