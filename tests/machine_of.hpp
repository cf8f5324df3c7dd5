#pragma once
// SPDX-License-Identifier: MIT
// Machines for tests: their nodes are made of given CPUs, for instance of those which this process has.

#include <algorithm>
#include <beat/topology/topology.hpp>
#include <utility>
#include <vector>

/// A machine with a node for each of these sets of CPUs, all of which the process may use but those in `unusable`.
inline beat::topology machine_of(std::vector<beat::cpu_set> const& nodes, beat::cpu_set const& unusable = {}) {
  beat::topology_tables tables;
  tables.packages.resize(1);
  for (beat::cpu_set const& cpus : nodes) {
    beat::node_id const node{static_cast<unsigned>(tables.nodes.size())};
    tables.nodes.push_back({.os_index = node.value, .cpus = cpus});
    for (unsigned const cpu : cpus) {
      beat::core_id const core{static_cast<unsigned>(tables.cores.size())};
      tables.cores.push_back({.os_index = core.value, .node = node});
      tables.cpus.push_back({.os_index = cpu, .core = core, .node = node});
      if (!unusable.contains(cpu)) tables.usable.add(cpu);
    }
  }
  std::sort(tables.cpus.begin(), tables.cpus.end(),
            [](auto const& left, auto const& right) { return left.os_index < right.os_index; });
  return beat::topology{std::move(tables)};
}
