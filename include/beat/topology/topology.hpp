#pragma once
// SPDX-License-Identifier: MIT
// What the machine is: a plain value of flat tables whose rows name each other by position.
// discover() makes one; a user may build one from topology_tables and hand it to a pool in place of the real machine.
// Invariant: every table has a row, every name of a row exists, CPUs ascend, and at least one CPU is usable.

#include <algorithm>
#include <beat/base/error.hpp>
#include <beat/topology/cpu_set.hpp>
#include <compare>
#include <cstddef>
#include <string>
#include <utility>
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
    cpu_set cpus;
    [[nodiscard]] friend bool operator==(node const&, node const&) = default;
  };

  /// A physical core; its os_index is unique only within its package.
  struct core {
    unsigned os_index = 0;
    package_id package;
    node_id node;
    [[nodiscard]] friend bool operator==(core const&, core const&) = default;
  };

  /// A logical CPU (hardware thread). Its os_index is what a cpu_set holds.
  struct cpu {
    unsigned os_index = 0;
    core_id core;
    package_id package;
    node_id node;
    [[nodiscard]] friend bool operator==(cpu const&, cpu const&) = default;
  };

  std::vector<package> packages;
  std::vector<node> nodes;
  std::vector<core> cores;
  std::vector<cpu> cpus;
  /// The CPUs which this process may use.
  cpu_set usable;
  /// Which discovery filled the tables.
  std::string source;

  [[nodiscard]] friend bool operator==(topology_tables const&, topology_tables const&) = default;
};

/// A description of the machine.
class topology {
 public:
  using package = topology_tables::package;
  using node = topology_tables::node;
  using core = topology_tables::core;
  using cpu = topology_tables::cpu;

  /// A machine with the single CPU 0.
  topology() : topology{flat({0})} {}

  /// Throws: beat::error(invalid_argument) for tables that break the invariant at the top of this file.
  explicit topology(topology_tables tables) : tables_{std::move(tables)} { check(); }

  /// One package and one node; every CPU is a core of its own.
  /// Throws: beat::error(invalid_argument) for an empty set.
  [[nodiscard]] static topology flat(cpu_set const& cpus, std::string source = "flat fall-back") {
    topology_tables tables;
    tables.packages.resize(1);
    tables.nodes.push_back({0, cpus});
    for (unsigned const os_index : cpus) {
      core_id const core{static_cast<unsigned>(tables.cores.size())};
      tables.cores.push_back({os_index, {}, {}});
      tables.cpus.push_back({os_index, core, {}, {}});
    }
    tables.usable = cpus;
    tables.source = std::move(source);
    return topology{std::move(tables)};
  }

  [[nodiscard]] std::vector<package> const& packages() const noexcept { return tables_.packages; }
  [[nodiscard]] std::vector<node> const& nodes() const noexcept { return tables_.nodes; }
  [[nodiscard]] std::vector<core> const& cores() const noexcept { return tables_.cores; }
  /// All CPUs, those which this process may not use included, in ascending order of os_index.
  [[nodiscard]] std::vector<cpu> const& cpus() const noexcept { return tables_.cpus; }

  /// The CPUs which this process may use; never empty.
  [[nodiscard]] cpu_set const& usable() const noexcept { return tables_.usable; }

  /// Which discovery made this: "built-in (sysfs)", or "flat fall-back" where the machine could not be read.
  [[nodiscard]] std::string const& source() const noexcept { return tables_.source; }

  /// The CPU with the operating system's index, or null. Complexity: logarithmic in the number of CPUs.
  [[nodiscard]] cpu const* find_cpu(unsigned os_index) const noexcept {
    auto const found = std::lower_bound(cpus().begin(), cpus().end(), os_index,
                                        [](cpu const& row, unsigned index) { return row.os_index < index; });
    return found != cpus().end() && found->os_index == os_index ? &*found : nullptr;
  }

  [[nodiscard]] friend bool operator==(topology const&, topology const&) = default;

 private:
  static void require(bool condition, char const* message) {
    if (!condition) {
      detail::throw_error(errc::invalid_argument, message);
    }
  }

  template <class Tag, class Row>
  static bool names(table_id<Tag> id, std::vector<Row> const& table) noexcept {
    return id.value < table.size();
  }

  void check() const {
    require(!cpus().empty(), "topology: the table of CPUs is empty; describe at least one CPU");
    cpu_set all;
    for (cpu const& row : cpus()) {
      require(names(row.core, cores()) && names(row.package, packages()) && names(row.node, nodes()),
              "topology: a CPU names a core, package or node that does not exist; use positions in those tables");
      require(all.empty() || (&row)[-1].os_index < row.os_index,
              "topology: the CPUs do not ascend by os_index; sort them and list each once");
      core const& its_core = cores()[row.core.value];
      require(its_core.package == row.package && its_core.node == row.node,
              "topology: a CPU and its core disagree about their package or node; give both the same");
      require(nodes()[row.node.value].cpus.contains(row.os_index),
              "topology: a CPU is missing in the set of its node; add it to node::cpus");
      all.add(row.os_index);
    }
    for (core const& row : cores()) {
      require(names(row.package, packages()) && names(row.node, nodes()),
              "topology: a core names a package or node that does not exist; use positions in those tables");
    }
    unsigned in_nodes = 0;
    for (node const& row : nodes()) {
      in_nodes += row.cpus.size();
    }
    require(in_nodes == all.size(), "topology: a node has a CPU that is not its own; list each CPU in its node only");
    require(
        !usable().empty() && (usable() & all) == usable(),
        "topology: the usable CPUs are none, or not all in the table; name at least one, and only CPUs of the table");
  }

  topology_tables tables_;
};

}  // namespace beat::inline v0
