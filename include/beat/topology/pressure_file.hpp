#pragma once
// SPDX-License-Identifier: MIT
// Where the kernel writes the memory pressure of this process, what is there now, and why it can't be read.

#include <beat/base/error.hpp>
#include <beat/base/expected.hpp>
#include <beat/topology/cgroup.hpp>
#include <beat/topology/pressure_reading.hpp>
#include <beat/topology/system_file.hpp>
#include <filesystem>
#include <string>
#include <system_error>

namespace beat::inline v0::detail {

// The PSI file which says most about this process: that of its control group (v2), or else that of the machine.
[[nodiscard]] inline std::filesystem::path find_pressure_file(std::filesystem::path const& root) {
  auto const group = own_cgroup(root, read_cgroup_files(root), cgroup_version::v2);
  if (group) {
    auto own = below(group->point, group->path) / "memory.pressure";
    std::error_code ignored;
    if (std::filesystem::exists(own, ignored)) {
      return own;
    }
  }
  return below(root, "/proc/pressure/memory");
}

[[nodiscard]] inline expected<pressure_reading> read_pressure(std::filesystem::path const& file) {
  auto const text = read_text(file);
  if (text) {
    return parse_pressure(*text);
  }
  std::error_code ignored;
  bool const exists = std::filesystem::exists(file, ignored);
  return unexpected{exists ? std::make_error_code(std::errc::io_error) : make_error_code(errc::not_supported)};
}

// The error is one of read_pressure.
[[nodiscard]] inline std::string unavailable_reason(std::error_code failure) {
  if (failure == errc::not_supported) {
    return "there is no such file; name one that is there, or use a Linux kernel with PSI (CONFIG_PSI), started with "
           "psi=1";
  }
  return failure == errc::invalid_argument ? "its content is not what the kernel writes; name a PSI file of memory"
                                           : "it can't be read; permit this process to read it";
}

}  // namespace beat::inline v0::detail
