#pragma once
// SPDX-License-Identifier: MIT
// How many CPUs this process may keep busy: the pool's number of workers unless the user asks for another.
// Reading is cheap (a handful of small files) and never cached: affinity and quotas change while a process runs.

#include <algorithm>
#include <beat/topology/binding.hpp>
#include <beat/topology/cgroup.hpp>
#include <beat/topology/cpu_set.hpp>
#include <beat/topology/system_file.hpp>
#include <beat/topology/text.hpp>
#include <beat/topology/warning.hpp>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>

namespace beat::inline v0 {

/// What bounds the CPU time of this process.
struct cpu_limits {
  /// CPUs which are online.
  unsigned hardware = 1;
  /// CPUs in the affinity mask of the thread that asked; in a pinned task, in the one that it has outside of that.
  unsigned affinity = 1;
  /// The smallest quota of the process's control groups; nothing if they set none. Units: CPUs.
  std::optional<double> quota;

  /// The number of threads that can run at once: the smallest of the three, a quota rounded up, and never below 1.
  [[nodiscard]] unsigned usable() const noexcept {
    unsigned const bound = std::max(1U, std::min(hardware, affinity));
    if (!quota || !(*quota < bound)) {
      return bound;
    }
    return *quota > 1 ? static_cast<unsigned>(std::ceil(*quota)) : 1U;
  }

  [[nodiscard]] friend bool operator==(cpu_limits const&, cpu_limits const&) = default;
};

/// Where read_limits looks; tests describe other machines with it.
struct limits_options {
  std::filesystem::path root = "/";
  /// Stands in for the affinity mask of the calling thread.
  std::optional<cpu_set> affinity = std::nullopt;
};

/// Reads what this process may use. Whatever the machine does not tell is no limit.
[[nodiscard]] inline cpu_limits read_limits(limits_options const& options = {}) {
  cpu_limits limits;
  limits.affinity = (options.affinity ? *options.affinity : detail::unscoped_affinity()).size();
  auto const online = detail::read_cpu_list(detail::below(options.root, "/sys/devices/system/cpu/online"));
  limits.hardware = online ? online->size() : std::max(limits.affinity, std::thread::hardware_concurrency());
  limits.quota = detail::cgroup_cpu_quota(options.root);
  return limits;
}

/// The number of CPUs that this process can keep busy now, at least 1.
[[nodiscard]] inline unsigned usable_cpus() { return read_limits().usable(); }

/// How many threads the user of the program asks for by the environment variable BEAT_NUM_THREADS; nothing if it is not
/// set. What is no number from 1 to `most` is ignored, and `on_warning` is told so.
[[nodiscard]] inline std::optional<unsigned> requested_threads(unsigned most,
                                                               warning_hook const& on_warning = nullptr) {
  char const* const text = std::getenv("BEAT_NUM_THREADS");  // NOLINT(concurrency-mt-unsafe): only setenv would race
  if (text == nullptr) {
    return std::nullopt;
  }
  auto const threads = detail::parse_number<unsigned>(detail::trim(text));
  if (threads && *threads >= 1 && *threads <= most) {
    return threads;
  }
  detail::warn(on_warning, "BEAT_NUM_THREADS=" + std::string{text} + " is ignored: set it to a number from 1 to " +
                               std::to_string(most) + ", or not at all");
  return std::nullopt;
}

}  // namespace beat::inline v0
