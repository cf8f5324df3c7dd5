#pragma once
// SPDX-License-Identifier: MIT
// Describes the machine on which the program runs. A pool must start anywhere: whatever fails on the way is told to a
// hook, and the next best source is asked. Called when a pool is made that places its workers and got no topology.

#include <beat/base/error.hpp>
#include <beat/topology/binding.hpp>
#include <beat/topology/cpu_set.hpp>
#include <beat/topology/hwloc.hpp>
#include <beat/topology/sysfs.hpp>
#include <beat/topology/topology.hpp>
#include <beat/topology/warning.hpp>
#include <filesystem>
#include <optional>
#include <string>

namespace beat::inline v0 {

/// Where discover looks, and whom it tells what failed.
struct discover_options {
  /// Where /sys and /proc are found. hwloc is asked only about this machine, that is "/".
  std::filesystem::path root = "/";
  /// Stands in for the affinity mask of the calling thread.
  std::optional<cpu_set> affinity = std::nullopt;
  /// Is called once for each source that failed.
  warning_hook on_warning = nullptr;
};

/// Describes this machine and which of its CPUs this process may use: by hwloc where that is built in, otherwise by
/// sysfs, and as one flat node where neither can. topology::source() says which it was.
[[nodiscard]] inline topology discover(discover_options const& options = {}) {
  cpu_set allowed = options.affinity ? *options.affinity : detail::unscoped_affinity();
  if (allowed.empty()) {
    allowed.add(0);
  }
  if (BEAT_HAS_HWLOC() && options.root == "/") {
    try {
      return topology_from_hwloc(allowed);
    } catch (error const& failure) {
      detail::warn(options.on_warning, std::string{"hwloc could not describe this machine, so that sysfs is asked: "} +
                                           detail::reason(failure));
    }
  }
  try {
    return topology_from_sysfs(options.root, allowed);
  } catch (error const& failure) {
    detail::warn(options.on_warning,
                 std::string{"sysfs could not describe this machine, which is taken for one flat node: "} +
                     detail::reason(failure));
  }
  return topology::flat(allowed);
}

namespace detail {

/// This machine, for who needs but a placement: from sysfs where that is, in which hwloc finds the same, with ten times
/// the time and two megabytes for its own parts.
[[nodiscard]] inline topology discover_to_place(warning_hook const& on_warning) {
  try {
    return topology_from_sysfs("/", unscoped_affinity());
  } catch (error const&) {
    return discover({.on_warning = on_warning});
  }
}

}  // namespace detail

}  // namespace beat::inline v0
