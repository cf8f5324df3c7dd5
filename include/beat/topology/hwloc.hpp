#pragma once
// SPDX-License-Identifier: MIT
// Reads this machine, or one that was saved as XML, by the library hwloc (2.0 or later). This is the only header that
// includes hwloc's, and only where the macro BEAT_WITH_HWLOC is 1, on which all parts of a program must agree. What
// hwloc refuses or leaves out is an error in words or unknown; it never ends the program.

#include <algorithm>
#include <beat/base/error.hpp>
#include <beat/topology/cpu_set.hpp>
#include <beat/topology/hwloc_xml.hpp>
#include <beat/topology/machine_facts.hpp>
#include <beat/topology/system_file.hpp>
#include <beat/topology/text.hpp>
#include <beat/topology/topology.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#if defined(BEAT_WITH_HWLOC)
#if BEAT_WITH_HWLOC
#include <hwloc.h>
#define BEAT_HAS_HWLOC() 1
#endif
#endif
#if !defined(BEAT_HAS_HWLOC)
#define BEAT_HAS_HWLOC() 0
#endif

namespace beat::inline v0 {

#if BEAT_HAS_HWLOC()

namespace detail {

static_assert(HWLOC_API_VERSION >= 0x00020000, "beat needs hwloc 2.0 or later, or -DBEAT_WITH_HWLOC=OFF");

struct hwloc_deleter {
  void operator()(hwloc_topology_t topology) const noexcept { hwloc_topology_destroy(topology); }
};
using hwloc_handle = std::unique_ptr<std::remove_pointer_t<hwloc_topology_t>, hwloc_deleter>;

inline void require_of_hwloc(bool condition, char const* message) {
  if (!condition) {
    throw_error(errc::not_supported, message);
  }
}

// Sees what this process may not use as well; of the caches, cores and groups all that hwloc keeps by itself.
[[nodiscard]] inline hwloc_handle make_hwloc() {
  hwloc_topology_t raw = nullptr;
  require_of_hwloc(hwloc_topology_init(&raw) == 0, "hwloc could not begin");
  hwloc_handle handle{raw};
#if HWLOC_API_VERSION >= 0x00020100
  hwloc_topology_set_flags(raw, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED);
  // It would bind this thread to one CPU after the other, to ask each what the kernel has told already.
  hwloc_topology_set_components(raw, HWLOC_TOPOLOGY_COMPONENTS_FLAG_BLACKLIST, "x86");
#else
  hwloc_topology_set_flags(raw, HWLOC_TOPOLOGY_FLAG_WHOLE_SYSTEM);
#endif
  return handle;
}

[[nodiscard]] inline cpu_set to_cpu_set(hwloc_const_bitmap_t bitmap) {
  cpu_set cpus;
  require_of_hwloc(bitmap != nullptr && hwloc_bitmap_weight(bitmap) >= 0, "hwloc gave a set of CPUs without an end");
  for (int cpu = hwloc_bitmap_first(bitmap); cpu >= 0; cpu = hwloc_bitmap_next(bitmap, cpu)) {
    cpus.add(static_cast<unsigned>(cpu));
  }
  return cpus;
}

[[nodiscard]] inline unsigned number_of(hwloc_obj_t object) noexcept {
  return object->os_index == HWLOC_UNKNOWN_INDEX ? object->logical_index : object->os_index;
}

// Ascending by the system's number, as sysfs lists them. hwloc says to which CPUs a node is local, where nodes of other
// memory overlap with the ordinary ones; a CPU belongs to the most local of them, of equal ones to the first.
[[nodiscard]] inline std::vector<hwloc_obj_t> hwloc_nodes(hwloc_topology_t machine) {
  std::vector<hwloc_obj_t> nodes;
  for (hwloc_obj_t node = nullptr; (node = hwloc_get_next_obj_by_type(machine, HWLOC_OBJ_NUMANODE, node)) != nullptr;) {
    nodes.push_back(node);
  }
  std::sort(nodes.begin(), nodes.end(), [](auto left, auto right) { return number_of(left) < number_of(right); });
  return nodes;
}

inline void read_hwloc_nodes(std::vector<hwloc_obj_t> const& nodes, machine_facts& facts) {
  for (hwloc_obj_t const node : nodes) {
    facts.nodes.push_back({number_of(node), {}, node->attr->numanode.local_memory});
  }
  for (cpu_facts const& cpu : facts.cpus) {
    std::optional<std::size_t> nearest;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      if (hwloc_bitmap_isset(nodes[i]->cpuset, cpu.os_index) != 0 &&
          (!nearest || hwloc_bitmap_weight(nodes[i]->cpuset) < hwloc_bitmap_weight(nodes[*nearest]->cpuset))) {
        nearest = i;
      }
    }
    require_of_hwloc(nearest.has_value(), "hwloc knows no NUMA node of a CPU");
    facts.nodes[*nearest].cpus.add(cpu.os_index);
  }
}

// The latencies that the system states, if it states one for each pair of these nodes.
[[nodiscard]] inline std::vector<unsigned> hwloc_node_distances(hwloc_topology_t machine,
                                                                std::vector<hwloc_obj_t> const& nodes) {
  unsigned count = 1;
  hwloc_distances_s* matrix = nullptr;
  unsigned long const kind = HWLOC_DISTANCES_KIND_FROM_OS | HWLOC_DISTANCES_KIND_MEANS_LATENCY;
  if (hwloc_distances_get_by_type(machine, HWLOC_OBJ_NUMANODE, &count, &matrix, kind, 0) != 0 || count == 0) {
    return {};
  }
  auto const release = [machine](hwloc_distances_s* given) { hwloc_distances_release(machine, given); };
  std::unique_ptr<hwloc_distances_s, decltype(release)> const owner{matrix, release};
  std::vector<unsigned> distances;
  for (hwloc_obj_t const from : nodes) {
    int const row = hwloc_distances_obj_index(matrix, from);
    for (hwloc_obj_t const to : nodes) {
      int const column = hwloc_distances_obj_index(matrix, to);
      if (row < 0 || column < 0) {
        return {};
      }
      distances.push_back(static_cast<unsigned>(
          matrix->values[static_cast<unsigned>(row) * matrix->nbobjs + static_cast<unsigned>(column)]));
    }
  }
  return are_distances(distances, nodes.size()) ? distances : std::vector<unsigned>{};
}

#if HWLOC_API_VERSION >= 0x00020400

// A kind of CPUs, of which hwloc makes more than there are: it tells apart what each core happens to reach.
struct hwloc_kind {
  cpu_set cpus = {};
  int efficiency = -1;  // -1: unknown
  std::map<std::string, std::string> infos = {};
};

[[nodiscard]] inline hwloc_kind read_hwloc_kind(hwloc_topology_t machine, unsigned position) {
  hwloc_kind kind;
  unsigned count = 0;
  hwloc_info_s* infos = nullptr;
  std::unique_ptr<hwloc_bitmap_s, decltype(&hwloc_bitmap_free)> const cpus{hwloc_bitmap_alloc(), &hwloc_bitmap_free};
  if (cpus && hwloc_cpukinds_get_info(machine, position, cpus.get(), &kind.efficiency, &count, &infos, 0) == 0) {
    kind.cpus = to_cpu_set(cpus.get());
    for (unsigned i = 0; i < count; ++i) {
      kind.infos[infos[i].name] = infos[i].value;
    }
  }
  return kind;
}

// Whether all that hwloc knows about one is known about the other, and the same or nearly so.
[[nodiscard]] inline bool are_one_kind(hwloc_kind const& slow, hwloc_kind const& fast) {
  auto const is_shared = [&fast](auto const& info) {
    auto const other = fast.infos.find(info.first);
    if (other == fast.infos.end()) {
      return false;
    }
    auto const low = parse_number<std::uint64_t>(info.second);
    auto const high = parse_number<std::uint64_t>(other->second);
    return low && high ? are_about_equal(*low, *high) : info.second == other->second;
  };
  return !slow.infos.empty() && std::all_of(slow.infos.begin(), slow.infos.end(), is_shared);
}

inline void read_hwloc_kinds(hwloc_topology_t machine, machine_facts& facts) {
  int const count = std::max(0, hwloc_cpukinds_get_nr(machine, 0));
  hwloc_kind before;
  std::uint64_t speed = 0;
  for (unsigned position = 0; position < static_cast<unsigned>(count); ++position) {  // the slowest first
    hwloc_kind kind = read_hwloc_kind(machine, position);
    if (kind.efficiency < 0) {
      return;
    }
    speed += position == 0 || are_one_kind(before, kind) ? 0U : 1U;
    for (cpu_facts& cpu : facts.cpus) {
      cpu.speed = kind.cpus.contains(cpu.os_index) ? speed : cpu.speed;
    }
    before = std::move(kind);
  }
}

#else

inline void read_hwloc_kinds(hwloc_topology_t, machine_facts&) {}

#endif

[[nodiscard]] inline cpu_facts read_hwloc_cpu(hwloc_topology_t machine, hwloc_obj_t pu) {
  hwloc_obj_t const package = hwloc_get_ancestor_obj_by_type(machine, HWLOC_OBJ_PACKAGE, pu);
  hwloc_obj_t const core = hwloc_get_ancestor_obj_by_type(machine, HWLOC_OBJ_CORE, pu);
  hwloc_obj_t const l3 = hwloc_get_ancestor_obj_by_type(machine, HWLOC_OBJ_L3CACHE, pu);
  cpu_facts cpu{pu->os_index, package == nullptr ? 0U : number_of(package)};
  // The position among all cores stands for the die, in which a core's number is its only one.
  cpu.die = core == nullptr ? ~pu->os_index : core->logical_index;
  cpu.core = number_of(core == nullptr ? pu : core);
  if (l3 != nullptr) {
    cpu.l3 = l3->logical_index;
  }
  return cpu;
}

[[nodiscard]] inline machine_facts read_hwloc(hwloc_topology_t machine) {
  machine_facts facts;
  for (unsigned const os_index : to_cpu_set(hwloc_topology_get_topology_cpuset(machine))) {
    hwloc_obj_t const pu = hwloc_get_pu_obj_by_os_index(machine, os_index);
    require_of_hwloc(pu != nullptr, "hwloc counts a CPU that it does not describe");
    facts.cpus.push_back(read_hwloc_cpu(machine, pu));
  }
  for (hwloc_obj_t l3 = nullptr; (l3 = hwloc_get_next_obj_by_type(machine, HWLOC_OBJ_L3CACHE, l3)) != nullptr;) {
    facts.l3_groups.push_back({to_cpu_set(l3->cpuset), l3->attr->cache.size});
  }
  auto const nodes = hwloc_nodes(machine);
  read_hwloc_nodes(nodes, facts);
  facts.distances = hwloc_node_distances(machine, nodes);
  read_hwloc_kinds(machine, facts);
  return facts;
}

}  // namespace detail

/// Describes this machine, of which this process may use the CPUs in `allowed`.
/// Throws: beat::error(not_supported) where hwloc fails, or is told by its environment variables to describe another
/// one.
[[nodiscard]] inline topology topology_from_hwloc(cpu_set const& allowed) {
  // Asked first, because hwloc takes forever over a synthetic machine that is too large.
  // NOLINTNEXTLINE(concurrency-mt-unsafe): only setenv would race, with all of hwloc
  detail::require_of_hwloc(std::getenv("HWLOC_SYNTHETIC") == nullptr,
                           "the environment variable HWLOC_SYNTHETIC makes hwloc describe another machine; unset it");
  char const* const file = std::getenv("HWLOC_XMLFILE");  // NOLINT(concurrency-mt-unsafe)
  detail::require_of_hwloc(file == nullptr || detail::objects_have_sets(detail::read_text(file).value_or("")),
                           "the file that the environment variable HWLOC_XMLFILE names is malformed; unset it");
  auto const machine = detail::make_hwloc();
  detail::require_of_hwloc(hwloc_topology_load(machine.get()) == 0, "hwloc found nothing");
  detail::require_of_hwloc(
      hwloc_topology_is_thissystem(machine.get()) != 0,
      "an environment variable HWLOC_ makes hwloc describe another machine; unset it, or set HWLOC_THISSYSTEM to 1");
  return detail::make_topology(detail::read_hwloc(machine.get()), allowed, "hwloc");
}

/// Describes the machine that `lstopo machine.xml` or hwloc_topology_export_xmlbuffer wrote, and what its process was
/// allowed to use. As hwloc trusts what it reads, so should you. Throws: beat::error(not_supported).
[[nodiscard]] inline topology topology_from_hwloc_xml(std::string const& xml) {
  auto const machine = detail::make_hwloc();
  bool const is_sane =
      detail::objects_have_sets(xml) && xml.size() < static_cast<std::size_t>(std::numeric_limits<int>::max());
  detail::require_of_hwloc(
      is_sane && hwloc_topology_set_xmlbuffer(machine.get(), xml.c_str(), static_cast<int>(xml.size() + 1)) == 0 &&
          hwloc_topology_load(machine.get()) == 0,
      "hwloc can't read this XML; pass what lstopo or hwloc_topology_export_xmlbuffer wrote");
  cpu_set const allowed = detail::to_cpu_set(hwloc_topology_get_allowed_cpuset(machine.get()));
  return detail::make_topology(detail::read_hwloc(machine.get()), allowed, "hwloc (XML)");
}

#else

/// This build has no hwloc. Throws: beat::error(not_supported).
[[nodiscard]] inline topology topology_from_hwloc(cpu_set const&) {
  detail::throw_error(errc::not_supported, "beat was built without hwloc; turn BEAT_WITH_HWLOC on");
}

/// This build has no hwloc. Throws: beat::error(not_supported).
[[nodiscard]] inline topology topology_from_hwloc_xml(std::string const&) {
  detail::throw_error(errc::not_supported,
                      "beat was built without hwloc, which reads such XML; turn BEAT_WITH_HWLOC on");
}

#endif

/// The same from a file. Throws: beat::error(invalid_argument) where it can't be read, beat::error(not_supported).
[[nodiscard]] inline topology topology_from_hwloc_xml_file(std::filesystem::path const& file) {
  auto const xml = detail::read_text(file);
  if (!xml) {
    throw error{errc::invalid_argument, "the file " + file.string() + " can't be read; name one that lstopo wrote"};
  }
  return topology_from_hwloc_xml(*xml);
}

}  // namespace beat::inline v0
