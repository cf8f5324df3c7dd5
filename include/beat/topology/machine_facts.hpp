#pragma once
// SPDX-License-Identifier: MIT
// What a source (sysfs, hwloc, a synthetic description) says about a machine, CPU by CPU and in numbers of its own, and
// how that becomes the tables of a topology. As all sources go through here, they number the rows alike: each table is
// in the order of the first CPU of its rows.

#include <algorithm>
#include <array>
#include <beat/base/error.hpp>
#include <beat/topology/cpu_set.hpp>
#include <beat/topology/topology.hpp>
#include <beat/topology/topology_tables.hpp>
#include <beat/topology/warning.hpp>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace beat::inline v0::detail {

// One CPU. Cores are the same where package, die and core are.
struct cpu_facts {
  unsigned os_index = 0;
  unsigned package = 0;
  unsigned die = 0;
  unsigned core = 0;
  std::optional<unsigned> l3 = {};  // a position in machine_facts::l3_groups
  std::uint64_t speed = 0;          // greater is faster, in any unit
};

struct machine_facts {
  std::vector<cpu_facts> cpus;  // ascending
  std::vector<topology_tables::node> nodes;
  std::vector<topology_tables::l3_group> l3_groups;
  std::vector<unsigned> distances;  // as in topology_tables
};

[[nodiscard]] inline node_id node_with(std::vector<topology_tables::node> const& nodes, unsigned cpu) noexcept {
  unsigned position = 0;
  while (position + 1 < nodes.size() && !nodes[position].cpus.contains(cpu)) {
    ++position;
  }
  return {position};
}

// Whether two speeds, the lower first, differ by a tenth at most: makers sort cores of one kind by what each happens to
// reach, which makes them no other kind.
[[nodiscard]] inline bool are_about_equal(std::uint64_t low, std::uint64_t high) noexcept {
  return high <= low || high - low <= low / 10;
}

// Numbers the kinds of cores from the slowest.
inline void set_efficiency_classes(std::vector<topology_tables::core>& cores,
                                   std::vector<std::uint64_t> const& speeds) {
  std::vector<std::uint64_t> slowest_of_class;
  std::vector<std::uint64_t> ascending = speeds;
  std::sort(ascending.begin(), ascending.end());
  for (std::uint64_t const speed : ascending) {
    if (slowest_of_class.empty() || !are_about_equal(slowest_of_class.back(), speed)) {
      slowest_of_class.push_back(speed);
    }
  }
  for (std::size_t core = 0; core < cores.size(); ++core) {
    auto const above = std::upper_bound(slowest_of_class.begin(), slowest_of_class.end(), speeds[core]);
    cores[core].efficiency_class = static_cast<unsigned>(above - slowest_of_class.begin()) - 1;
  }
}

// Whether CPUs of one core are in different L3 groups, or in none and one.
[[nodiscard]] inline bool cores_contradict_l3(std::vector<topology_tables::cpu> const& cpus, std::size_t cores) {
  std::vector<std::optional<l3_id>> l3_of_core(cores);
  return std::any_of(cpus.begin(), cpus.end(), [&](topology_tables::cpu const& cpu) {
    auto& l3 = l3_of_core[cpu.core.value];
    return std::exchange(l3, cpu.l3).value_or(cpu.l3) != cpu.l3;
  });
}

// Everything but the usable CPUs and the source. A third level of caches that contradicts the cores is unknown.
[[nodiscard]] inline topology_tables make_tables(machine_facts facts) {
  topology_tables tables;
  tables.nodes = std::move(facts.nodes);
  tables.distances = std::move(facts.distances);
  using key = std::array<unsigned, 3>;
  std::map<key, unsigned> packages, cores, l3_groups;  // their rows
  std::vector<std::uint64_t> speeds;                   // of each core: that of its first CPU

  // The row called `name`, and whether it still has to be added to the table, which has `size` rows.
  auto const row = [](std::map<key, unsigned>& rows, key const& name, std::size_t size) {
    auto const [known, is_new] = rows.try_emplace(name, static_cast<unsigned>(size));
    return std::pair{known->second, is_new};
  };
  for (cpu_facts const& cpu : facts.cpus) {
    auto const [package, package_is_new] = row(packages, {cpu.package}, tables.packages.size());
    if (package_is_new) {
      tables.packages.push_back({cpu.package});
    }
    node_id const node = node_with(tables.nodes, cpu.os_index);
    auto const [core, core_is_new] = row(cores, {cpu.package, cpu.die, cpu.core}, tables.cores.size());
    if (core_is_new) {
      tables.cores.push_back({cpu.core, {package}, node});
      speeds.push_back(cpu.speed);
    }
    auto const [l3, l3_is_new] =
        row(l3_groups, {cpu.package, cpu.l3.has_value(), cpu.l3.value_or(0)}, tables.l3_groups.size());
    if (l3_is_new) {
      tables.l3_groups.push_back({{}, cpu.l3 ? facts.l3_groups[*cpu.l3].bytes : 0});
    }
    tables.l3_groups[l3].cpus.add(cpu.os_index);
    tables.cpus.push_back({cpu.os_index, {core}, {package}, node, {l3}});
  }
  set_efficiency_classes(tables.cores, speeds);
  if (cores_contradict_l3(tables.cpus, tables.cores.size())) {
    tables.l3_groups.clear();
  }
  return tables;
}

// A topology of these tables, where the process may use the CPUs in `allowed`.
// Throws: error(not_supported) where the source contradicts itself, or knows none of those CPUs.
[[nodiscard]] inline topology make_topology(machine_facts facts, cpu_set const& allowed, std::string source) {
  topology_tables tables = make_tables(std::move(facts));
  for (topology_tables::cpu const& cpu : tables.cpus) {
    if (allowed.contains(cpu.os_index)) {
      tables.usable.add(cpu.os_index);
    }
  }
  if (tables.usable.empty()) {
    throw error{errc::not_supported, source + " knows none of the CPUs " + to_string(allowed)};
  }
  tables.source = source;
  try {
    return topology{std::move(tables)};
  } catch (error const& contradiction) {
    throw error{errc::not_supported, source + " contradicts itself: " + reason(contradiction)};
  }
}

}  // namespace beat::inline v0::detail
