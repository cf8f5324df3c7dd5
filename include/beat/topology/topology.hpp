#pragma once
// SPDX-License-Identifier: MIT
// What the machine is: an immutable value. Its copies share the tables, so that a copy costs a counter.
// discover() makes one; a user may build one from topology_tables and hand it to a pool in place of the real machine.
// Invariant: every table has a row, every name of a row exists, CPUs ascend, and at least one CPU is usable.

#include <algorithm>
#include <beat/base/assert.hpp>
#include <beat/topology/cpu_set.hpp>
#include <beat/topology/topology_tables.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace beat::inline v0 {

/// A description of the machine. Thread safety: as it never changes, any thread may read it; copies share no more than
/// that.
class topology {
 public:
  using package = topology_tables::package;
  using node = topology_tables::node;
  using l3_group = topology_tables::l3_group;
  using core = topology_tables::core;
  using cpu = topology_tables::cpu;

  /// A machine with the single CPU 0.
  topology() : topology{flat({0})} {}

  /// Throws: beat::error(invalid_argument) for tables that break the invariant at the top of this file.
  explicit topology(topology_tables tables) : tables_{checked(std::move(tables))} {}

  // To move is to copy: what was moved from stays a topology.
  topology(topology const&) noexcept = default;
  topology& operator=(topology const&) noexcept = default;
  ~topology() = default;

  /// One package, node and L3 group; every CPU is a core of its own.
  /// Throws: beat::error(invalid_argument) for an empty set.
  [[nodiscard]] static topology flat(cpu_set const& cpus, std::string source = "flat fall-back") {
    topology_tables tables;
    tables.packages.resize(1);
    tables.nodes.push_back({.cpus = cpus});
    for (unsigned const os_index : cpus) {
      core_id const core{static_cast<unsigned>(tables.cores.size())};
      tables.cores.push_back({.os_index = os_index});
      tables.cpus.push_back({.os_index = os_index, .core = core});
    }
    tables.usable = cpus;
    tables.source = std::move(source);
    return topology{std::move(tables)};
  }

  [[nodiscard]] std::vector<package> const& packages() const noexcept { return tables_->packages; }
  [[nodiscard]] std::vector<node> const& nodes() const noexcept { return tables_->nodes; }
  [[nodiscard]] std::vector<l3_group> const& l3_groups() const noexcept { return tables_->l3_groups; }
  [[nodiscard]] std::vector<core> const& cores() const noexcept { return tables_->cores; }
  /// All CPUs, those which this process may not use included, in ascending order of os_index.
  [[nodiscard]] std::vector<cpu> const& cpus() const noexcept { return tables_->cpus; }

  /// The row with this name. An id of another, larger machine is a misuse.
  [[nodiscard]] package const& operator[](package_id id) const noexcept { return row(packages(), id.value); }
  [[nodiscard]] node const& operator[](node_id id) const noexcept { return row(nodes(), id.value); }
  [[nodiscard]] l3_group const& operator[](l3_id id) const noexcept { return row(l3_groups(), id.value); }
  [[nodiscard]] core const& operator[](core_id id) const noexcept { return row(cores(), id.value); }

  /// The CPUs which this process may use; never empty.
  [[nodiscard]] cpu_set const& usable() const noexcept { return tables_->usable; }

  /// Which source described the machine: "hwloc", "built-in (sysfs)", "synthetic", or "flat fall-back" where the
  /// machine could not be read.
  [[nodiscard]] std::string const& source() const noexcept { return tables_->source; }

  /// All of the tables, to change a copy of them into another topology.
  [[nodiscard]] topology_tables const& tables() const noexcept { return *tables_; }

  /// The CPU with the operating system's index, or null. Complexity: logarithmic in the number of CPUs.
  [[nodiscard]] cpu const* find_cpu(unsigned os_index) const noexcept {
    auto const found = std::lower_bound(cpus().begin(), cpus().end(), os_index,
                                        [](cpu const& row, unsigned index) { return row.os_index < index; });
    return found != cpus().end() && found->os_index == os_index ? &*found : nullptr;
  }

  /// How far the memory of one node is from another. Units: as firmware counts (SLIT), where 10 is local and 20 costs
  /// twice that; 20 where the machine does not say.
  [[nodiscard]] unsigned distance(node_id from, node_id to) const noexcept {
    BEAT_ASSERT(from.value < nodes().size() && to.value < nodes().size(), "this node is not one of this machine");
    return tables_->distances[from.value * nodes().size() + to.value];
  }

  /// The CPUs of a core, usable or not. Complexity: linear in the number of CPUs.
  [[nodiscard]] cpu_set cpus_of(core_id id) const {
    cpu_set result;
    for (cpu const& row : cpus()) {
      if (row.core == id) {
        result.add(row.os_index);
      }
    }
    return result;
  }

  /// The CPUs that share a core with this one, itself included; none if there is no such CPU.
  [[nodiscard]] cpu_set siblings(unsigned os_index) const {
    cpu const* const row = find_cpu(os_index);
    return row == nullptr ? cpu_set{} : cpus_of(row->core);
  }

  [[nodiscard]] friend bool operator==(topology const& left, topology const& right) {
    return left.tables_ == right.tables_ || *left.tables_ == *right.tables_;
  }

 private:
  [[nodiscard]] static std::shared_ptr<topology_tables const> checked(topology_tables tables) {
    detail::complete(tables);
    detail::check(tables);
    return std::make_shared<topology_tables const>(std::move(tables));
  }

  template <class Row>
  [[nodiscard]] static Row const& row(std::vector<Row> const& table, unsigned position) noexcept {
    BEAT_ASSERT(position < table.size(), "this id is not one of this machine");
    return table[position];
  }

  std::shared_ptr<topology_tables const> tables_;  // never null
};

}  // namespace beat::inline v0
