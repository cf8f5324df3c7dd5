// SPDX-License-Identifier: MIT
// beat_info, installed as the tool beat-info: what beat finds on this machine, and the pool that it would make there.

#include <beat.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <vector>

#include "report.hpp"

namespace {

using report::fields;
using report::list;

constexpr std::string_view usage =
    "beat-info [--json]\n"
    "Prints what beat finds here: the machine, the limits of this process, the pool that beat would make, memory, its\n"
    "pressure, and performance counters; with --json as one JSON object. Limits are those of whoever starts it: try\n"
    "taskset, a container, or BEAT_NUM_THREADS.\n";

/// A fact about each of `rows`.
template <class Rows, class Describe>
list each(Rows const& rows, Describe const& describe) {
  list result;
  std::ranges::transform(rows, std::back_inserter(result), describe);
  return result;
}

std::optional<std::uint64_t> known(std::uint64_t bytes) { return bytes != 0 ? std::optional{bytes} : std::nullopt; }

fields describe_machine(beat::topology const& machine) {
  auto const node = [](auto const& row) {
    return fields{{"os_index", row.os_index}, {"cpus", to_string(row.cpus)}, {"memory_bytes", known(row.memory_bytes)}};
  };
  auto const l3_group = [](auto const& row) {
    return fields{{"cpus", to_string(row.cpus)}, {"bytes", known(row.bytes)}};
  };
  auto const core = [&](unsigned i) {
    auto const& row = machine[beat::core_id{i}];
    return fields{{"os_index", row.os_index},
                  {"package", machine[row.package].os_index},
                  {"cpus", to_string(machine.cpus_of({i}))},
                  {"efficiency_class", row.efficiency_class}};
  };
  auto const numbers = std::views::iota(0U, static_cast<unsigned>(machine.nodes().size()));
  auto const distances = [&](unsigned from) {
    return each(numbers, [&](unsigned to) { return machine.distance({from}, {to}); });
  };
  return {{"source", machine.source()},
          {"usable_cpus", to_string(machine.usable())},
          {"packages", each(machine.packages(), [](auto const& row) { return row.os_index; })},
          {"nodes", each(machine.nodes(), node)},
          {"distances", each(numbers, distances)},
          {"l3_groups", each(machine.l3_groups(), l3_group)},
          {"cores", each(std::views::iota(0U, static_cast<unsigned>(machine.cores().size())), core)}};
}

fields describe_limits() {
  beat::cpu_limits const limits = beat::read_limits();
  char const* const threads = std::getenv("BEAT_NUM_THREADS");
  return {{"online_cpus", limits.hardware},
          {"affinity_cpus", limits.affinity},
          {"cgroup_quota_cpus", limits.quota},
          {"usable_cpus", limits.usable()},
          {"BEAT_NUM_THREADS", threads != nullptr ? std::optional<std::string>{threads} : std::nullopt}};
}

std::string to_string(beat::placement_policy policy) {
  constexpr std::array names{"none", "compact", "scatter", "one_per_core", "one_per_l3", "performance_cores"};
  return names.at(static_cast<std::size_t>(policy));
}

fields describe_pool(beat::pool_options const& options) {
  auto const places = beat::optimal_thread_placement(*options.machine, options.workers, options.placement);
  return {{"name", options.name},
          {"workers", options.workers},
          {"placement", to_string(options.placement)},
          {"cpus_of_workers", each(places, [](beat::cpu_set const& cpus) { return to_string(cpus); })}};
}

fields describe_memory(beat::topology const& machine) {
  auto const node = [](auto const& row) {
    return fields{{"os_index", row.os_index}, {"can_be_bound_to", beat::numa_resource{row.os_index}.is_bound()}};
  };
  return {{"cache_line_bytes", beat::cache_line},
          {"numa_is_built_in", BEAT_HAS_NUMA() == 1},
          {"nodes", each(machine.nodes(), node)}};
}

fields describe_pressure() {
  beat::pressure_monitor const monitor;
  beat::pressure_status const status = monitor.status();
  return {{"level", std::string{to_string(monitor.level())}},
          {"mode", std::string{to_string(status.mode)}},
          {"reason", status.reason},
          {"file", status.file.string()}};
}

fields describe_counters() {
  beat::perf_counters const counters;
  fields result;
  for (std::size_t i = 0; i < beat::perf_event_count; ++i) {
    auto const event = static_cast<beat::perf_event>(i);
    result.emplace_back(to_string(event), counters.availability(event));
  }
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string_view> const arguments(argv + std::min(argc, 1), argv + argc);
  auto const is_json = [](std::string_view argument) { return argument == "--json"; };
  auto const other = std::ranges::find_if_not(arguments, is_json);
  if (other != arguments.end() && (*other == "--help" || *other == "-h")) return std::cout << usage, 0;
  if (other != arguments.end()) {
    std::cerr << "beat-info knows no '" << report::escaped(*other) << "'. This is how to call it:\n" << usage;
    return 2;
  }

  list warnings;
  beat::pool_options const options =
      beat::recommended_options([&](std::string_view text) { warnings.emplace_back(std::string{text}); });
  fields facts{{"version", std::string{beat::version}},
               {"machine", describe_machine(*options.machine)},
               {"limits", describe_limits()},
               {"recommended_options", describe_pool(options)},
               {"memory", describe_memory(*options.machine)},
               {"pressure", describe_pressure()},
               {"perf_counters", describe_counters()},
               {"warnings", warnings}};
  if (!arguments.empty()) {
    report::write_json(std::cout, facts);
    std::cout << '\n';
  }
  for (auto const& [name, fact] : arguments.empty() ? facts : fields{}) {
    if (name == "machine") {
      std::cout << name << ": " << to_string(*options.machine);  // a drawing says more
    } else {
      report::write_text(std::cout, name, fact);
    }
  }
  return std::cout.flush() ? 0 : 1;
}
