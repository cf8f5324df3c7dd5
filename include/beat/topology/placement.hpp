#pragma once
// SPDX-License-Identifier: MIT
// How many threads a machine is good for, and on which CPUs each should run. Pure computation on a topology: nothing is
// bound here.

#include <algorithm>
#include <array>
#include <beat/topology/cpu_set.hpp>
#include <beat/topology/topology.hpp>
#include <cstddef>
#include <map>
#include <utility>
#include <vector>

namespace beat::inline v0 {

/// How threads are placed on the machine.
enum class placement_policy {
  /// Every thread may run on every usable CPU; the operating system decides.
  none,
  /// One CPU each, and the next package or node only when this one is full: for work that shares much data.
  compact,
  /// One CPU each, turn by turn from every package, node and L3 group: for work that needs memory bandwidth or cache.
  scatter,
  /// One core each, in the order of compact: for work that gains nothing from a second thread on a core.
  one_per_core,
  /// One L3 group each: for threads that have threads of their own.
  one_per_l3,
  /// One CPU of the fastest cores each, in the order of scatter: for work that waits for its slowest part.
  performance_cores,
};

namespace detail {

// A usable CPU, and where it stands among the usable ones: in its core, in its L3 group among its equals (CPUs of the
// same rank in their cores, and of cores as slow), and as a group in its node and a node in its package.
struct placement_slot {
  using sort_key = std::array<unsigned, 6>;

  topology::cpu const* cpu = nullptr;
  unsigned slowness = 0;  // 0: of the fastest usable cores
  unsigned rank_in_core = 0;
  unsigned rank_in_l3 = 0;
  unsigned l3_rank_in_node = 0;
  unsigned node_rank_in_package = 0;

  // Node by node; within a node every core once before the second CPU of a core, the fast cores and one L3 group first.
  [[nodiscard]] sort_key compact() const {
    return {cpu->package.value, node_rank_in_package, rank_in_core, slowness, l3_rank_in_node, rank_in_l3};
  }
  // Every core of the machine once before the second CPU of a core, the fast cores first; the groups take turns.
  [[nodiscard]] sort_key scattered() const {
    return {rank_in_core, slowness, rank_in_l3, l3_rank_in_node, node_rank_in_package, cpu->package.value};
  }
};

// Counts the different members of each group, in the order in which they come.
class rank_table {
 public:
  using group = std::array<unsigned, 5>;  // its numbers, and zeros

  unsigned operator()(group const& where, unsigned member) {
    auto& members = members_[where];
    return members.try_emplace(member, static_cast<unsigned>(members.size())).first->second;
  }

 private:
  std::map<group, std::map<unsigned, unsigned>> members_;
};

[[nodiscard]] inline unsigned fastest_usable_class(topology const& machine) {
  unsigned fastest = 0;
  for (topology::cpu const& cpu : machine.cpus()) {
    if (machine.usable().contains(cpu.os_index)) {
      fastest = std::max(fastest, machine[cpu.core].efficiency_class);
    }
  }
  return fastest;
}

[[nodiscard]] inline std::vector<placement_slot> placement_slots(topology const& machine) {
  unsigned const fastest = fastest_usable_class(machine);
  rank_table in_core;
  rank_table in_l3;
  rank_table l3_in_node;
  rank_table node_in_package;
  std::vector<placement_slot> slots;
  for (topology::cpu const& cpu : machine.cpus()) {
    if (!machine.usable().contains(cpu.os_index)) {
      continue;
    }
    unsigned const package = cpu.package.value;
    unsigned const node = cpu.node.value;
    unsigned const l3 = cpu.l3.value;
    placement_slot slot{&cpu};
    slot.slowness = fastest - std::min(fastest, machine[cpu.core].efficiency_class);
    slot.rank_in_core = in_core({cpu.core.value}, cpu.os_index);
    slot.rank_in_l3 = in_l3({package, node, l3, slot.rank_in_core, slot.slowness}, cpu.os_index);
    slot.l3_rank_in_node = l3_in_node({package, node}, l3);
    slot.node_rank_in_package = node_in_package({package}, node);
    slots.push_back(slot);
  }
  return slots;
}

[[nodiscard]] inline std::vector<placement_slot> sorted_slots(topology const& machine,
                                                              placement_slot::sort_key (placement_slot::*key)() const) {
  auto slots = placement_slots(machine);
  std::sort(slots.begin(), slots.end(),
            [key](placement_slot const& left, placement_slot const& right) { return (left.*key)() < (right.*key)(); });
  return slots;
}

[[nodiscard]] inline std::vector<placement_slot> compact_slots(topology const& machine) {
  return sorted_slots(machine, &placement_slot::compact);
}

[[nodiscard]] inline std::vector<placement_slot> scattered_slots(topology const& machine) {
  return sorted_slots(machine, &placement_slot::scattered);
}

// The usable CPUs of each L3 group that has one.
[[nodiscard]] inline std::vector<cpu_set> usable_l3_groups(topology const& machine) {
  std::vector<cpu_set> places;
  for (topology::l3_group const& group : machine.l3_groups()) {
    cpu_set cpus = group.cpus & machine.usable();
    if (!cpus.empty()) {
      places.push_back(std::move(cpus));
    }
  }
  return places;
}

// What the threads of a policy get, in turn; none for placement_policy::none.
[[nodiscard]] inline std::vector<cpu_set> places_of(topology const& machine, placement_policy policy) {
  std::vector<cpu_set> places;
  switch (policy) {
    case placement_policy::none:
      break;
    case placement_policy::compact:
      for (placement_slot const& slot : compact_slots(machine)) {
        places.push_back({slot.cpu->os_index});
      }
      break;
    case placement_policy::scatter:
      for (placement_slot const& slot : scattered_slots(machine)) {
        places.push_back({slot.cpu->os_index});
      }
      break;
    case placement_policy::one_per_core:
      for (placement_slot const& slot : compact_slots(machine)) {
        if (slot.rank_in_core == 0) {
          places.push_back(machine.cpus_of(slot.cpu->core) & machine.usable());
        }
      }
      break;
    case placement_policy::one_per_l3:
      places = usable_l3_groups(machine);
      break;
    case placement_policy::performance_cores:
      for (placement_slot const& slot : scattered_slots(machine)) {
        if (slot.slowness == 0) {
          places.push_back({slot.cpu->os_index});
        }
      }
      break;
  }
  return places;
}

}  // namespace detail

/// How many threads have a place of their own: the usable CPUs; one_per_core, their cores; one_per_l3, their L3 groups;
/// performance_cores, the usable CPUs of the fastest usable cores. At least 1.
[[nodiscard]] inline unsigned optimal_thread_count(topology const& machine, placement_policy policy) {
  return policy == placement_policy::none ? machine.usable().size()
                                          : static_cast<unsigned>(detail::places_of(machine, policy).size());
}

/// The CPUs on which each of `threads` threads should run; with more threads than places, the places start over. Those
/// policies that give one CPU each use every core once before a second CPU of a core: compact within a node, the others
/// on the whole machine. Complexity: O(n log n) in the CPUs; of one_per_core, cores times CPUs.
[[nodiscard]] inline std::vector<cpu_set> optimal_thread_placement(topology const& machine, unsigned threads,
                                                                   placement_policy policy) {
  if (policy == placement_policy::none) {
    return std::vector<cpu_set>(threads, machine.usable());
  }
  std::vector<cpu_set> const places = detail::places_of(machine, policy);
  std::vector<cpu_set> result;
  result.reserve(threads);
  for (std::size_t thread = 0; thread < threads; ++thread) {
    result.push_back(places[thread % places.size()]);
  }
  return result;
}

}  // namespace beat::inline v0
