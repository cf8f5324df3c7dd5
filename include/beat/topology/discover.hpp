#pragma once
// SPDX-License-Identifier: MIT
// Reads the machine from sysfs, with nothing but the standard library. A machine that is missing there or contradicts
// itself becomes one flat node: a pool must start anywhere. Called when a pool is made and got no topology.

#include <beat/topology/cpu_set.hpp>
#include <beat/topology/limits.hpp>
#include <beat/topology/platform.hpp>
#include <beat/topology/system_file.hpp>
#include <beat/topology/topology.hpp>
#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace beat::inline v0 {

/// Where discover looks; tests describe other machines with it.
struct discover_options {
  std::filesystem::path root = "/";
  /// Stands in for the affinity mask of the calling thread.
  std::optional<cpu_set> affinity = std::nullopt;
};

namespace detail {

// What sysfs says about one CPU, in its own numbers.
struct sysfs_cpu {
  unsigned package = 0;
  unsigned die = 0;
  unsigned core = 0;
};

[[nodiscard]] inline std::optional<sysfs_cpu> read_sysfs_cpu(std::filesystem::path const& root, unsigned cpu) {
  auto const folder = below(root, "/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology");
  auto const package = read_number<int>(folder / "physical_package_id");
  auto const core = read_number<unsigned>(folder / "core_id");
  // Kernels before 5.2 have no dies, and some machines number cores anew in each.
  auto const die = read_number<unsigned>(folder / "die_id");
  if (!package || *package < -1 || !core) {
    return std::nullopt;
  }
  // -1 is the kernel's word for an unknown package, as on many small boards.
  return sysfs_cpu{*package == -1 ? 0U : static_cast<unsigned>(*package), die.value_or(0), *core};
}

// The nodes which share out exactly the CPUs of `all`, or one node with all of them.
[[nodiscard]] inline std::vector<topology::node> read_sysfs_nodes(std::filesystem::path const& root,
                                                                  cpu_set const& all) {
  std::vector<topology::node> const one_node{{0, all}};
  auto const folder = below(root, "/sys/devices/system/node");
  auto const online = read_cpu_list(folder / "online");
  if (!online) {
    return one_node;
  }
  std::vector<topology::node> nodes;
  cpu_set seen;
  for (unsigned const index : *online) {
    auto const text = read_text(folder / ("node" + std::to_string(index)) / "cpulist");
    auto const listed = text ? cpu_set::parse(*text) : unexpected{make_error_code(errc::invalid_argument)};
    if (!listed || !(seen & *listed).empty()) {
      return one_node;
    }
    seen |= *listed;
    nodes.push_back({index, *listed & all});
  }
  return (seen & all) == all ? nodes : one_node;
}

[[nodiscard]] inline node_id node_with(std::vector<topology::node> const& nodes, unsigned cpu) noexcept {
  unsigned position = 0;
  while (position + 1 < nodes.size() && !nodes[position].cpus.contains(cpu)) {
    ++position;
  }
  return {position};
}

// The tables without the set of usable CPUs; nothing where sysfs does not describe every CPU that is online.
[[nodiscard]] inline std::optional<topology_tables> read_sysfs(std::filesystem::path const& root) {
  auto const online = read_cpu_list(below(root, "/sys/devices/system/cpu/online"));
  if (!online) {
    return std::nullopt;
  }
  topology_tables tables;
  tables.nodes = read_sysfs_nodes(root, *online);
  std::map<unsigned, package_id> packages;
  std::map<std::tuple<unsigned, unsigned, unsigned>, core_id> cores;
  for (unsigned const os_index : *online) {
    auto const read = read_sysfs_cpu(root, os_index);
    if (!read) {
      return std::nullopt;
    }
    package_id const next_package{static_cast<unsigned>(tables.packages.size())};
    auto const [package, package_is_new] = packages.try_emplace(read->package, next_package);
    if (package_is_new) {
      tables.packages.push_back({read->package});
    }
    node_id const node = node_with(tables.nodes, os_index);
    core_id const next_core{static_cast<unsigned>(tables.cores.size())};
    auto const [core, core_is_new] = cores.try_emplace({read->package, read->die, read->core}, next_core);
    if (core_is_new) {
      tables.cores.push_back({read->core, package->second, node});
    }
    if (tables.cores[core->second.value].node != node) {
      return std::nullopt;
    }
    tables.cpus.push_back({os_index, core->second, package->second, node});
  }
  tables.source = "built-in (sysfs)";
  return tables;
}

}  // namespace detail

/// Describes this machine and which of its CPUs this process may use. A machine that can't be read is one flat node;
/// topology::source() says so.
[[nodiscard]] inline topology discover(discover_options const& options = {}) {
  cpu_set allowed = options.affinity ? *options.affinity : this_thread_affinity();
  if (allowed.empty()) {
    allowed.add(0);
  }
  auto tables = detail::read_sysfs(options.root);
  if (tables) {
    for (topology::cpu const& cpu : tables->cpus) {
      if (allowed.contains(cpu.os_index)) {
        tables->usable.add(cpu.os_index);
      }
    }
  }
  // A process that may only use CPUs unknown to sysfs can't be described by it.
  return tables && !tables->usable.empty() ? topology{std::move(*tables)} : topology::flat(allowed);
}

}  // namespace beat::inline v0
