// SPDX-License-Identifier: MIT
// topology: a machine described in words, where the workers of a pool would go on it, and the machine that is here.

#include <beat.hpp>

#include <array>
#include <cstddef>
#include <iostream>
#include <string_view>
#include <utility>
#include <vector>

namespace {

// Two sockets of two nodes; each node has two L3 groups of two cores, and each core two CPUs.
constexpr std::string_view server = "package:2 node:2 l3:2 core:2 pu:2 siblings:apart memory:64GiB cache:32MiB";

constexpr std::array policies{
    std::pair{"compact", beat::placement_policy::compact},
    std::pair{"scatter", beat::placement_policy::scatter},
    std::pair{"one_per_core", beat::placement_policy::one_per_core},
    std::pair{"one_per_l3", beat::placement_policy::one_per_l3},
};

/// How many nodes the workers of a pool use.
std::size_t nodes_used(beat::topology const& machine, std::vector<beat::cpu_set> const& places) {
  std::size_t used = 0;
  for (beat::topology::node const& node : machine.nodes()) {
    beat::cpu_set taken;
    for (beat::cpu_set const& cpus : places) taken |= cpus & node.cpus;
    used += taken.empty() ? 0U : 1U;
  }
  return used;
}

/// Where four workers go: next to each other for compact, on a node each for scatter.
bool place_four_workers() {
  beat::topology const machine = beat::topology_from_synthetic(server);
  std::cout << to_string(machine) << "\nwhere four workers go:\n";
  bool as_expected = true;
  for (auto const& [name, policy] : policies) {
    auto const places = beat::optimal_thread_placement(machine, 4, policy);
    std::cout << "  " << name << ':';
    for (beat::cpu_set const& cpus : places) std::cout << "  {" << to_string(cpus) << '}';
    std::cout << "  of " << optimal_thread_count(machine, policy) << " places\n";
    if (policy == beat::placement_policy::compact) as_expected &= nodes_used(machine, places) == 1;
    if (policy == beat::placement_policy::scatter) as_expected &= nodes_used(machine, places) == 4;
  }
  return as_expected;
}

/// A pool that places its workers on this machine. Where they can't be bound, it works as well.
bool use_this_machine() {
  beat::topology const machine = beat::discover();
  std::cout << "\nthis machine:\n" << to_string(machine);
  beat::ThreadPool pool{{.placement = beat::placement_policy::one_per_core, .machine = machine}};
  return beat::parallel_reduce(pool, std::vector<int>(1000, 1), 0) == 1000;
}

}  // namespace

int main() {
  bool const as_expected = place_four_workers() && use_this_machine();
  std::cout << (as_expected ? "\nall as expected\n" : "\nsomething is NOT as expected\n");
  return as_expected ? 0 : 1;
}
