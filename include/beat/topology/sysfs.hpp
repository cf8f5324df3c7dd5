#pragma once
// SPDX-License-Identifier: MIT
// Reads a machine from Linux's /sys and /proc below a root, with nothing but the standard library. The CPUs, their
// packages and their cores have to be there; what else is missing or contradicts itself (nodes, distances, caches,
// sizes, kinds of cores) is unknown. Source: the kernel's documents sysfs-devices-system-cpu and sysfs-devices-node.

#include <algorithm>
#include <beat/base/error.hpp>
#include <beat/topology/cpu_set.hpp>
#include <beat/topology/machine_facts.hpp>
#include <beat/topology/system_file.hpp>
#include <beat/topology/text.hpp>
#include <beat/topology/topology.hpp>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace beat::inline v0 {

namespace detail {

[[nodiscard]] inline std::filesystem::path sysfs_cpu_folder(std::filesystem::path const& root, unsigned cpu) {
  return below(root, "/sys/devices/system/cpu/cpu" + std::to_string(cpu));
}

[[nodiscard]] inline std::optional<cpu_facts> read_sysfs_cpu(std::filesystem::path const& root, unsigned cpu) {
  auto const folder = sysfs_cpu_folder(root, cpu) / "topology";
  auto const package = read_number<int>(folder / "physical_package_id");
  auto const core = read_number<unsigned>(folder / "core_id");
  // Kernels before 5.2 have no dies, and some machines number cores anew in each.
  auto const die = read_number<unsigned>(folder / "die_id");
  if (!package || *package < -1 || !core) {
    return std::nullopt;
  }
  // -1 is the kernel's word for an unknown package, as on many small boards.
  return cpu_facts{cpu, *package == -1 ? 0U : static_cast<unsigned>(*package), die.value_or(0), *core};
}

// What "MemTotal:" says in a file meminfo; 0 if it does not. A node's file begins each line with "Node 0 ".
[[nodiscard]] inline std::uint64_t read_memory(std::filesystem::path const& meminfo) {
  constexpr std::string_view name = "MemTotal:";
  std::string const text = read_text(meminfo).value_or("");
  std::size_t const start = text.find(name);
  if (start == std::string::npos) {
    return 0;
  }
  std::string_view rest = std::string_view{text}.substr(start + name.size());
  return parse_size(split_off(rest, '\n')).value_or(0);
}

// The numbers in the file `distance` of a node: from it to each node that is online.
[[nodiscard]] inline std::vector<unsigned> read_distances(std::filesystem::path const& node) {
  std::vector<unsigned> distances;
  std::string const text = read_text(node / "distance").value_or("");
  for (std::string_view rest = trim(text); !rest.empty();) {
    auto const distance = parse_number<unsigned>(split_off(rest, ' '));
    if (!distance) {
      return {};
    }
    distances.push_back(*distance);
  }
  return distances;
}

// The nodes which share out exactly the CPUs of `all` and how far they are apart, or one node with all of them.
inline void read_sysfs_nodes(std::filesystem::path const& root, cpu_set const& all, machine_facts& facts) {
  facts.nodes = {{0, all, read_memory(below(root, "/proc/meminfo"))}};
  auto const folder = below(root, "/sys/devices/system/node");
  auto const online = read_cpu_list(folder / "online");
  if (!online) {
    return;
  }
  std::vector<topology_tables::node> nodes;
  std::vector<unsigned> distances;
  cpu_set seen;
  for (unsigned const index : *online) {
    auto const node = folder / ("node" + std::to_string(index));
    auto const text = read_text(node / "cpulist");
    auto const listed = text ? cpu_set::parse(*text) : unexpected{make_error_code(errc::invalid_argument)};
    if (!listed || !(seen & *listed).empty()) {
      return;
    }
    seen |= *listed;
    nodes.push_back({index, *listed & all, read_memory(node / "meminfo")});
    auto const row = read_distances(node);
    distances.insert(distances.end(), row.begin(), row.end());
  }
  if ((seen & all) != all) {
    return;
  }
  facts.nodes = std::move(nodes);
  if (are_distances(distances, facts.nodes.size())) {
    facts.distances = std::move(distances);
  }
}

// The folder of a CPU's cache of the third level; nothing if there is none.
[[nodiscard]] inline std::optional<std::filesystem::path> find_sysfs_l3(std::filesystem::path const& root,
                                                                        unsigned cpu) {
  constexpr unsigned most_caches = 16;
  for (unsigned index = 0; index < most_caches; ++index) {
    auto cache = sysfs_cpu_folder(root, cpu) / "cache" / ("index" + std::to_string(index));
    auto const level = read_number<unsigned>(cache / "level");
    if (!level) {
      return std::nullopt;
    }
    if (*level == 3) {
      return cache;
    }
  }
  return std::nullopt;
}

// The groups of CPUs that share a third level. As groups do not overlap, one CPU of each is asked; where they overlap
// all the same, none is known.
inline void read_sysfs_l3(std::filesystem::path const& root, cpu_set const& all, machine_facts& facts) {
  std::vector<topology_tables::l3_group> groups;
  cpu_set seen;
  for (unsigned const cpu : all) {
    auto const cache = seen.contains(cpu) ? std::nullopt : find_sysfs_l3(root, cpu);
    auto const sharing = cache ? read_cpu_list(*cache / "shared_cpu_list") : std::nullopt;
    if (!sharing) {
      continue;
    }
    if (!sharing->contains(cpu) || !(*sharing & seen).empty()) {
      return;
    }
    seen |= *sharing;
    groups.push_back({*sharing & all, parse_size(read_text(*cache / "size").value_or("")).value_or(0)});
  }
  facts.l3_groups = std::move(groups);
  for (unsigned group = 0; group < facts.l3_groups.size(); ++group) {
    for (cpu_facts& cpu : facts.cpus) {
      if (facts.l3_groups[group].cpus.contains(cpu.os_index)) {
        cpu.l3 = group;
      }
    }
  }
}

// One number a CPU, from a file in its folder; nothing if a CPU has none.
[[nodiscard]] inline std::vector<std::uint64_t> read_speeds(std::filesystem::path const& root, cpu_set const& all,
                                                            char const* file) {
  std::vector<std::uint64_t> speeds;
  for (unsigned const cpu : all) {
    auto const speed = read_number<std::uint64_t>(sysfs_cpu_folder(root, cpu) / file);
    if (!speed) {
      return {};
    }
    speeds.push_back(*speed);
  }
  return speeds;
}

// The same from the lists of CPUs of each kind that Intel's hybrid chips have, slowest first.
[[nodiscard]] inline std::vector<std::uint64_t> read_kinds(std::filesystem::path const& root, cpu_set const& all) {
  std::vector<std::uint64_t> kinds(all.size());
  for (std::uint64_t kind = 1; char const* const name : {"cpu_lowpower", "cpu_atom", "cpu_core"}) {
    cpu_set const listed = read_cpu_list(below(root, "/sys/devices") / name / "cpus").value_or(cpu_set{});
    for (std::size_t position = 0; unsigned const cpu : all) {
      kinds[position] = listed.contains(cpu) ? kind : kinds[position];
      ++position;
    }
    ++kind;
  }
  return kinds;
}

// Takes these speeds, if they tell CPUs apart.
[[nodiscard]] inline bool set_speeds(std::vector<std::uint64_t> const& speeds, machine_facts& facts) {
  bool const differ = std::adjacent_find(speeds.begin(), speeds.end(), std::not_equal_to{}) != speeds.end();
  if (!differ || std::find(speeds.begin(), speeds.end(), 0U) != speeds.end()) {
    return false;
  }
  for (std::size_t position = 0; position < speeds.size(); ++position) {
    facts.cpus[position].speed = speeds[position];
  }
  return true;
}

// From the first of these that tells CPUs apart: the capacity that ARM, RISC-V and newer kernels state, the kinds, the
// greatest frequency. What comes after it is not read, as that is a file for each CPU.
inline void read_sysfs_speeds(std::filesystem::path const& root, cpu_set const& all, machine_facts& facts) {
  static_cast<void>(set_speeds(read_speeds(root, all, "cpu_capacity"), facts) ||
                    set_speeds(read_kinds(root, all), facts) ||
                    set_speeds(read_speeds(root, all, "cpufreq/cpuinfo_max_freq"), facts));
}

}  // namespace detail

/// Describes the machine whose /sys lies below `root`, of which this process may use the CPUs in `allowed`.
/// Throws: beat::error(not_supported) which says what is missing or contradicts itself.
[[nodiscard]] inline topology topology_from_sysfs(std::filesystem::path const& root, cpu_set const& allowed) {
  auto const online = detail::read_cpu_list(detail::below(root, "/sys/devices/system/cpu/online"));
  if (!online) {
    detail::throw_error(errc::not_supported, "/sys/devices/system/cpu/online is missing or is no list of CPUs");
  }
  detail::machine_facts facts;
  for (unsigned const os_index : *online) {
    auto const cpu = detail::read_sysfs_cpu(root, os_index);
    if (!cpu) {
      throw error{errc::not_supported, "/sys/devices/system/cpu/cpu" + std::to_string(os_index) +
                                           "/topology is missing, or does not name the package and core"};
    }
    facts.cpus.push_back(*cpu);
  }
  detail::read_sysfs_nodes(root, *online, facts);
  detail::read_sysfs_l3(root, *online, facts);
  detail::read_sysfs_speeds(root, *online, facts);
  return detail::make_topology(std::move(facts), allowed, "built-in (sysfs)");
}

}  // namespace beat::inline v0
