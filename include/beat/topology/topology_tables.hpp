#pragma once
// SPDX-License-Identifier: MIT
// The flat tables of which a topology is made; their rows name each other by position.
// A source fills them, or a user who describes a machine of their own; topology's constructor completes and checks
// them.

#include <algorithm>
#include <beat/base/error.hpp>
#include <beat/topology/cpu_set.hpp>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace beat::inline v0 {

/// The position of a row in one of the tables of a topology; the tag keeps the tables apart.
template <class Tag>
struct table_id {
  unsigned value = 0;
  [[nodiscard]] friend auto operator<=>(table_id, table_id) = default;
};

using package_id = table_id<struct package_tag>;
using node_id = table_id<struct node_tag>;
using l3_id = table_id<struct l3_tag>;
using core_id = table_id<struct core_tag>;

/// The tables of a topology. An `os_index` is the operating system's number for the thing, which may leave gaps.
struct topology_tables {
  /// A processor in its socket.
  struct package {
    unsigned os_index = 0;
    [[nodiscard]] friend bool operator==(package const&, package const&) = default;
  };

  /// A NUMA node; one that only has memory has no CPUs.
  struct node {
    unsigned os_index = 0;
    cpu_set cpus = {};
    std::uint64_t memory_bytes = 0;  ///< 0: unknown
    [[nodiscard]] friend bool operator==(node const&, node const&) = default;
  };

  /// CPUs of one package which share a cache of the third level, or nobody knows that they do not.
  struct l3_group {
    cpu_set cpus = {};
    std::uint64_t bytes = 0;  ///< the size of the cache; 0: unknown, or there is none
    [[nodiscard]] friend bool operator==(l3_group const&, l3_group const&) = default;
  };

  /// A physical core; its os_index is unique only within its package.
  struct core {
    unsigned os_index = 0;
    package_id package = {};
    node_id node = {};
    unsigned efficiency_class = 0;  ///< 0 is the slowest kind of core, and the only one of a uniform machine
    [[nodiscard]] friend bool operator==(core const&, core const&) = default;
  };

  /// A logical CPU (hardware thread). Its os_index is what a cpu_set holds.
  struct cpu {
    unsigned os_index = 0;
    core_id core = {};
    package_id package = {};
    node_id node = {};
    l3_id l3 = {};
    [[nodiscard]] friend bool operator==(cpu const&, cpu const&) = default;
  };

  /// How far a node's memory is from its own CPUs, and how far from others where nobody knows better.
  static constexpr unsigned local_distance = 10;
  static constexpr unsigned usual_distance = 20;

  std::vector<package> packages;
  std::vector<node> nodes;
  /// Empty: one a package, of unknown size.
  std::vector<l3_group> l3_groups;
  std::vector<core> cores;
  std::vector<cpu> cpus;
  /// From each node to each, row by row. Empty: the two constants above.
  std::vector<unsigned> distances;
  /// The CPUs which this process may use.
  cpu_set usable;
  /// Which discovery filled the tables.
  std::string source;

  [[nodiscard]] friend bool operator==(topology_tables const&, topology_tables const&) = default;
};

namespace detail {

template <class Tag, class Row>
[[nodiscard]] bool names(table_id<Tag> id, std::vector<Row> const& table) noexcept {
  return id.value < table.size();
}

inline void require_of_topology(bool condition, char const* message) {
  if (!condition) {
    throw_error(errc::invalid_argument, message);
  }
}

// Puts each CPU into the one group of its package.
inline void make_one_l3_a_package(topology_tables& tables) {
  tables.l3_groups.assign(tables.packages.size(), {});
  for (topology_tables::cpu& row : tables.cpus) {
    row.l3 = {row.package.value};
    if (names(row.l3, tables.l3_groups)) {
      tables.l3_groups[row.l3.value].cpus.add(row.os_index);
    }
  }
}

// Fills what its owner may leave empty.
inline void complete(topology_tables& tables) {
  if (tables.l3_groups.empty()) {
    make_one_l3_a_package(tables);
  }
  std::size_t const nodes = tables.nodes.size();
  if (tables.distances.empty()) {
    tables.distances.assign(nodes * nodes, topology_tables::usual_distance);
    for (std::size_t node = 0; node < nodes; ++node) {
      tables.distances[node * nodes + node] = topology_tables::local_distance;
    }
  }
}

inline void check_cpus(topology_tables const& tables) {
  topology_tables::cpu const* before = nullptr;
  std::vector<std::optional<l3_id>> l3_of_core(tables.cores.size());
  std::vector<std::optional<package_id>> package_of_l3(tables.l3_groups.size());
  for (topology_tables::cpu const& row : tables.cpus) {
    require_of_topology(
        names(row.core, tables.cores) && names(row.package, tables.packages) && names(row.node, tables.nodes) &&
            names(row.l3, tables.l3_groups),
        "topology: a CPU names a core, package, node or L3 group that does not exist; use positions in those tables");
    require_of_topology(before == nullptr || before->os_index < row.os_index,
                        "topology: the CPUs do not ascend by os_index; sort them and list each once");
    before = &row;
    topology_tables::core const& its_core = tables.cores[row.core.value];
    require_of_topology(its_core.package == row.package && its_core.node == row.node,
                        "topology: a CPU and its core disagree about their package or node; give both the same");
    require_of_topology(l3_of_core[row.core.value].value_or(row.l3) == row.l3,
                        "topology: two CPUs of one core are in different L3 groups; give both the same");
    l3_of_core[row.core.value] = row.l3;
    require_of_topology(package_of_l3[row.l3.value].value_or(row.package) == row.package,
                        "topology: an L3 group has CPUs of two packages; give each package groups of its own");
    package_of_l3[row.l3.value] = row.package;
    require_of_topology(tables.nodes[row.node.value].cpus.contains(row.os_index),
                        "topology: a CPU is missing in the set of its node; add it to node::cpus");
    require_of_topology(tables.l3_groups[row.l3.value].cpus.contains(row.os_index),
                        "topology: a CPU is missing in the set of its L3 group; add it to l3_group::cpus");
  }
}

inline void check_cores(topology_tables const& tables) {
  bool slowest_is_0 = false;
  for (topology_tables::core const& row : tables.cores) {
    require_of_topology(names(row.package, tables.packages) && names(row.node, tables.nodes),
                        "topology: a core names a package or node that does not exist; use positions in those tables");
    slowest_is_0 = slowest_is_0 || row.efficiency_class == 0;
  }
  require_of_topology(slowest_is_0, "topology: no core has the efficiency class 0; count the classes from the slowest");
}

// Whether these are distances from each node to each.
[[nodiscard]] inline bool are_distances(std::vector<unsigned> const& distances, std::size_t nodes) noexcept {
  if (distances.size() != nodes * nodes) {
    return false;
  }
  for (std::size_t i = 0; i < distances.size(); ++i) {
    bool const is_local = i % nodes == i / nodes;
    if (is_local ? distances[i] != topology_tables::local_distance : distances[i] < topology_tables::local_distance) {
      return false;
    }
  }
  return true;
}

// Completed tables. Throws: error(invalid_argument) that says what contradicts what.
inline void check(topology_tables const& tables) {
  require_of_topology(!tables.cpus.empty(), "topology: the table of CPUs is empty; describe at least one CPU");
  check_cpus(tables);
  check_cores(tables);
  // Each CPU is in the set of its node and group, so that any surplus is a CPU which is not theirs.
  std::size_t in_nodes = 0;
  for (topology_tables::node const& row : tables.nodes) {
    in_nodes += row.cpus.size();
  }
  require_of_topology(in_nodes == tables.cpus.size(),
                      "topology: a node has a CPU that is not its own; list each CPU in its node only");
  std::size_t in_groups = 0;
  for (topology_tables::l3_group const& row : tables.l3_groups) {
    in_groups += row.cpus.size();
  }
  require_of_topology(in_groups == tables.cpus.size(),
                      "topology: an L3 group has a CPU that is not its own; list each CPU in its group only");
  require_of_topology(are_distances(tables.distances, tables.nodes.size()),
                      "topology: the distances are not one for each pair of nodes, or a node is not 10 from itself, or "
                      "less than 10 from another; give a row for each node, where 10 means local, or none");
  cpu_set all;
  for (topology_tables::cpu const& row : tables.cpus) {
    all.add(row.os_index);
  }
  require_of_topology(
      !tables.usable.empty() && (tables.usable & all) == tables.usable,
      "topology: the usable CPUs are none, or not all in the table; name at least one, and only CPUs of the table");
}

}  // namespace detail

}  // namespace beat::inline v0
