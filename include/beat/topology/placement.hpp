#pragma once
// SPDX-License-Identifier: MIT
// Which CPUs each worker of a pool is bound to. Pure computation on a topology: the workers bind themselves.

#include <algorithm>
#include <beat/topology/cpu_set.hpp>
#include <beat/topology/topology.hpp>
#include <cstddef>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

namespace beat::inline v0 {

/// How workers are spread over the machine.
enum class placement_policy {
  /// Every worker may run on every usable CPU; the operating system decides.
  unbound,
  /// One CPU each, and the next package or node only when this one is full: for work that shares much data.
  compact,
  /// One CPU each, turn by turn from every package and node: for work that needs memory bandwidth or cache.
  spread,
};

namespace detail {

// A usable CPU and how many others come before it: in its core, in its node among equals, and as a node in its package.
struct placement_slot {
  unsigned os_index = 0;
  unsigned package = 0;
  unsigned node = 0;
  unsigned rank_in_core = 0;
  unsigned rank_in_node = 0;
  unsigned node_rank_in_package = 0;
};

[[nodiscard]] inline std::vector<placement_slot> placement_slots(topology const& machine) {
  std::vector<placement_slot> slots;
  std::map<unsigned, unsigned> used_in_core;
  std::map<std::tuple<unsigned, unsigned, unsigned>, unsigned> used_in_node;
  std::map<std::pair<unsigned, unsigned>, unsigned> node_ranks;
  std::map<unsigned, unsigned> nodes_in_package;
  for (topology::cpu const& cpu : machine.cpus()) {
    if (!machine.usable().contains(cpu.os_index)) {
      continue;
    }
    placement_slot slot{cpu.os_index, cpu.package.value, cpu.node.value};
    slot.rank_in_core = used_in_core[cpu.core.value]++;
    slot.rank_in_node = used_in_node[{slot.package, slot.node, slot.rank_in_core}]++;
    auto const [node_rank, is_new] = node_ranks.try_emplace({slot.package, slot.node}, nodes_in_package[slot.package]);
    nodes_in_package[slot.package] += is_new ? 1U : 0U;
    slot.node_rank_in_package = node_rank->second;
    slots.push_back(slot);
  }
  return slots;
}

}  // namespace detail

/// Returns the CPUs of each of `workers` workers. compact and spread use every core once before they use a second CPU
/// of a core: compact within a node, spread on the whole machine. More workers than usable CPUs start over.
[[nodiscard]] inline std::vector<cpu_set> place(topology const& machine, placement_policy policy, unsigned workers) {
  if (policy == placement_policy::unbound) {
    return std::vector<cpu_set>(workers, machine.usable());
  }
  auto slots = detail::placement_slots(machine);
  std::sort(slots.begin(), slots.end(), [policy](detail::placement_slot const& a, detail::placement_slot const& b) {
    auto const key = [policy](detail::placement_slot const& s) {
      return policy == placement_policy::compact
                 ? std::tuple{s.package, s.node_rank_in_package, s.rank_in_core, s.rank_in_node}
                 : std::tuple{s.rank_in_core, s.rank_in_node, s.node_rank_in_package, s.package};
    };
    return key(a) < key(b);
  });
  std::vector<cpu_set> places;
  places.reserve(workers);
  for (std::size_t worker = 0; worker < workers; ++worker) {
    places.push_back({slots[worker % slots.size()].os_index});
  }
  return places;
}

}  // namespace beat::inline v0
