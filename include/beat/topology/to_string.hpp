#pragma once
// SPDX-License-Identifier: MIT
// A topology as a tree for people. It is as long as the machine has parts, not CPUs: those are written as ranges.

#include <algorithm>
#include <array>
#include <beat/topology/cpu_set.hpp>
#include <beat/topology/topology.hpp>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace beat::inline v0 {

namespace detail {

// In the largest unit that leaves at least 1, with one decimal where it is not whole: "32 MiB", "1.5 GiB".
[[nodiscard]] inline std::string size_to_string(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 5> units{"bytes", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  std::uint64_t whole = bytes;
  std::uint64_t rest = 0;
  for (; whole >= 1024 && unit + 1 < units.size(); ++unit) {
    rest = whole % 1024;
    whole /= 1024;
  }
  std::uint64_t const tenths = rest * 10 / 1024;
  return std::to_string(whole) + (tenths != 0 ? "." + std::to_string(tenths) : "") + " " + std::string{units[unit]};
}

[[nodiscard]] inline std::string count_to_string(std::size_t count, std::string_view one, std::string_view many) {
  return std::to_string(count) + " " + std::string{count == 1 ? one : many};
}

// One line of the tree: the CPUs of one L3 group in one node whose cores are of one class.
struct tree_leaf {
  std::size_t cores = 0;
  cpu_set cpus = {};
  cpu_set unusable = {};
};

// Where a leaf hangs: package, node, L3 group, and the class such that fast cores come first.
using tree_place = std::tuple<package_id, node_id, l3_id, unsigned>;

[[nodiscard]] inline std::map<tree_place, tree_leaf> tree_leaves(topology const& machine, unsigned fastest) {
  std::map<tree_place, tree_leaf> leaves;
  std::vector<bool> seen(machine.cores().size());
  for (topology::cpu const& cpu : machine.cpus()) {
    tree_leaf& leaf = leaves[{cpu.package, cpu.node, cpu.l3, fastest - machine[cpu.core].efficiency_class}];
    leaf.cores += seen[cpu.core.value] ? 0U : 1U;
    seen[cpu.core.value] = true;
    (machine.usable().contains(cpu.os_index) ? leaf.cpus : leaf.unusable).add(cpu.os_index);
  }
  return leaves;
}

[[nodiscard]] inline std::string node_to_string(topology::node const& node) {
  return "node " + std::to_string(node.os_index) +
         (node.memory_bytes != 0 ? ", " + size_to_string(node.memory_bytes) : "");
}

[[nodiscard]] inline std::string distances_to_string(topology const& machine) {
  std::string text = "distances between nodes:\n";
  for (unsigned from = 0; from < machine.nodes().size(); ++from) {
    text += "  node " + std::to_string(machine[node_id{from}].os_index) + ":";
    for (unsigned to = 0; to < machine.nodes().size(); ++to) {
      text += ' ' + std::to_string(machine.distance({from}, {to}));
    }
    text += "\n";
  }
  return text;
}

}  // namespace detail

/// Draws the machine: packages, their nodes, and a line for each L3 group (two where it has two kinds of cores) with
/// its CPUs, those which this process may not use apart. Every line ends with a new line.
[[nodiscard]] inline std::string to_string(topology const& machine) {
  unsigned fastest = 0;
  for (topology::core const& core : machine.cores()) {
    fastest = std::max(fastest, core.efficiency_class);
  }
  using detail::count_to_string;
  std::string text = count_to_string(machine.packages().size(), "package", "packages") + ", " +
                     count_to_string(machine.nodes().size(), "node", "nodes") + ", " +
                     count_to_string(machine.cores().size(), "core", "cores") + ", " +
                     count_to_string(machine.cpus().size(), "CPU", "CPUs") + " (" +
                     std::to_string(machine.usable().size()) + " usable), from " + machine.source() + "\n";

  topology::package const* package = nullptr;
  topology::node const* node = nullptr;
  for (auto const& [place, leaf] : detail::tree_leaves(machine, fastest)) {
    auto const& [its_package, its_node, its_l3, slowness] = place;
    if (std::exchange(package, &machine[its_package]) != &machine[its_package]) {
      text += "package " + std::to_string(package->os_index) + "\n";
      node = nullptr;
    }
    if (std::exchange(node, &machine[its_node]) != &machine[its_node]) {
      text += "  " + detail::node_to_string(*node) + "\n";
    }
    std::uint64_t const bytes = machine[its_l3].bytes;
    text += "    L3 " + std::to_string(its_l3.value) + (bytes != 0 ? ", " + detail::size_to_string(bytes) : "") + ": " +
            count_to_string(leaf.cores, "core", "cores");
    if (fastest != 0) {
      text += " of class " + std::to_string(fastest - slowness);
    }
    text += leaf.cpus.empty() ? "" : ", CPUs " + to_string(leaf.cpus);
    text += leaf.unusable.empty() ? "" : ", not usable: CPUs " + to_string(leaf.unusable);
    text += "\n";
  }
  for (topology::node const& row : machine.nodes()) {
    text += row.cpus.empty() ? detail::node_to_string(row) + ", memory only\n" : "";
  }
  return machine.nodes().size() > 1 ? text + detail::distances_to_string(machine) : text;
}

}  // namespace beat::inline v0
