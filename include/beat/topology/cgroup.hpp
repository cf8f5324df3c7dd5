#pragma once
// SPDX-License-Identifier: MIT
// Where the control groups of this process are, and how much CPU time they allow, as a number of CPUs; limits.hpp is
// the public face of that.
// A quota holds for a group and all below it, so the smallest on the way up to the root of the hierarchy counts.
// Whatever is missing or malformed is no limit. Source: cgroups(7), and the kernel's cgroup-v1 and cgroup-v2 documents.

#include <algorithm>
#include <beat/topology/system_file.hpp>
#include <beat/topology/text.hpp>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace beat::inline v0::detail {

enum class cgroup_version { v1, v2 };

// A mounted hierarchy that may carry CPU quotas: the group `top` of the hierarchy appears at the directory `point`.
struct cgroup_mount {
  std::string top;
  std::string point;
};

[[nodiscard]] inline std::optional<double> smaller_quota(std::optional<double> left,
                                                         std::optional<double> right) noexcept {
  return left && right ? std::min(left, right) : left ? left : right;
}

[[nodiscard]] inline std::optional<double> quota_ratio(std::optional<long long> quota,
                                                       std::optional<long long> period) noexcept {
  bool const limited = quota && period && *quota > 0 && *period > 0;
  return limited ? std::optional{static_cast<double>(*quota) / static_cast<double>(*period)} : std::nullopt;
}

// The quota of one group. v2 writes "max 100000" or "50000 100000" into one file; v1 has two files and -1 for "none".
[[nodiscard]] inline std::optional<double> read_group_quota(cgroup_version version,
                                                            std::filesystem::path const& group) {
  if (version == cgroup_version::v1) {
    return quota_ratio(read_number<long long>(group / "cpu.cfs_quota_us"),
                       read_number<long long>(group / "cpu.cfs_period_us"));
  }
  auto const text = read_text(group / "cpu.max");
  if (!text) {
    return std::nullopt;
  }
  std::string_view period = trim(*text);
  std::string_view const quota = split_off(period, ' ');
  return quota_ratio(parse_number<long long>(quota), parse_number<long long>(period));
}

// The kernel writes white space and backslashes in mountinfo as three octal digits behind a backslash.
[[nodiscard]] inline std::string unescape_mount_path(std::string_view text) {
  constexpr std::size_t digits = 3;
  auto const is_octal = [](char c) { return c >= '0' && c <= '7'; };
  std::string path;
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string_view const code = text.substr(i + 1, digits);
    if (text[i] == '\\' && code.size() == digits && std::all_of(code.begin(), code.end(), is_octal)) {
      int const value = ((code[0] - '0') * 8 + (code[1] - '0')) * 8 + (code[2] - '0');
      path += static_cast<char>(static_cast<unsigned char>(value));
      i += digits;
    } else {
      path += text[i];
    }
  }
  return path;
}

// One line: "id parent device top point options [tag...] - type source super-options".
[[nodiscard]] inline std::optional<cgroup_mount> parse_cgroup_mount(std::string_view line, cgroup_version version) {
  constexpr std::string_view separator = " - ";
  std::size_t const middle = line.find(separator);
  if (middle == std::string_view::npos) {
    return std::nullopt;
  }
  std::string_view left = line.substr(0, middle);
  for (int skipped = 0; skipped < 3; ++skipped) {
    static_cast<void>(split_off(left, ' '));
  }
  std::string_view const top = split_off(left, ' ');
  std::string_view const point = split_off(left, ' ');
  std::string_view right = line.substr(middle + separator.size());
  std::string_view const type = split_off(right, ' ');
  static_cast<void>(split_off(right, ' '));
  bool const carries_quotas =
      version == cgroup_version::v2 ? type == "cgroup2" : type == "cgroup" && list_contains(right, ',', "cpu");
  if (!carries_quotas || !point.starts_with('/')) {
    return std::nullopt;
  }
  return cgroup_mount{unescape_mount_path(top), unescape_mount_path(point)};
}

// The hierarchies of this version which mountinfo lists, or the places where distributions put them.
[[nodiscard]] inline std::vector<cgroup_mount> cgroup_mounts(std::string_view mountinfo, cgroup_version version) {
  std::vector<cgroup_mount> mounts;
  while (!mountinfo.empty()) {
    if (auto mount = parse_cgroup_mount(split_off(mountinfo, '\n'), version)) {
      mounts.push_back(*mount);
    }
  }
  if (mounts.empty() && version == cgroup_version::v2) {
    mounts = {{"/", "/sys/fs/cgroup"}};
  } else if (mounts.empty()) {
    mounts = {{"/", "/sys/fs/cgroup/cpu"}, {"/", "/sys/fs/cgroup/cpu,cpuacct"}};
  }
  return mounts;
}

// The group of a process, from a line "0::/path" (v2) or "4:cpu,cpuacct:/path" (v1); nothing if there is none.
[[nodiscard]] inline std::optional<std::string_view> find_group(std::string_view memberships, cgroup_version version) {
  while (!memberships.empty()) {
    std::string_view path = split_off(memberships, '\n');
    std::string_view const hierarchy = split_off(path, ':');
    std::string_view const controllers = split_off(path, ':');
    bool const matches = version == cgroup_version::v2 ? hierarchy == "0" && controllers.empty()
                                                       : list_contains(controllers, ',', "cpu");
    if (matches && path.starts_with('/')) {
      return path;
    }
  }
  return std::nullopt;
}

// `group` as seen from the mount: "" for its top, otherwise "/a/b"; nothing if it lies elsewhere.
[[nodiscard]] inline std::optional<std::string> path_below_mount(cgroup_mount const& mount, std::string_view group) {
  std::string_view const top = mount.top == "/" ? std::string_view{} : std::string_view{mount.top};
  bool const leads_outside = list_contains(group, '/', "..");
  if (leads_outside || !group.starts_with(top)) {
    return std::nullopt;
  }
  group.remove_prefix(top.size());
  if (group == "/") {
    group = {};
  }
  return group.empty() || group.starts_with('/') ? std::optional{std::string{group}} : std::nullopt;
}

// The smallest quota of the group at `path` below `point` and of its ancestors up to the mount point.
[[nodiscard]] inline std::optional<double> smallest_quota(cgroup_version version, std::filesystem::path const& point,
                                                          std::string path) {
  auto quota = read_group_quota(version, point);
  for (; !path.empty(); path.resize(path.rfind('/'))) {
    quota = smaller_quota(quota, read_group_quota(version, below(point, path)));
  }
  return quota;
}

// What the kernel says about the control groups of this process.
struct cgroup_files {
  std::string memberships;
  std::string mountinfo;
};

[[nodiscard]] inline cgroup_files read_cgroup_files(std::filesystem::path const& root) {
  return {read_text(below(root, "/proc/self/cgroup")).value_or(""),
          read_text(below(root, "/proc/self/mountinfo")).value_or("")};
}

// Where the file system shows the group of this process: a mount point, and the path below it as path_below_mount has
// it.
struct cgroup_place {
  std::filesystem::path point;
  std::string path;
};

[[nodiscard]] inline std::optional<cgroup_place> own_cgroup(std::filesystem::path const& root,
                                                            cgroup_files const& files, cgroup_version version) {
  auto const group = find_group(files.memberships, version);
  auto const mounts = cgroup_mounts(files.mountinfo, version);
  for (cgroup_mount const& mount : mounts) {
    auto const path = group ? path_below_mount(mount, *group) : std::nullopt;
    std::filesystem::path const point = below(root, mount.point);
    if (path && directory_exists(below(point, *path))) {
      return cgroup_place{point, *path};
    }
  }
  // A container often sees its own group as the top of the mount while /proc still names it from outside.
  for (cgroup_mount const& mount : mounts) {
    std::filesystem::path const point = below(root, mount.point);
    if (directory_exists(point)) {
      return cgroup_place{point, {}};
    }
  }
  return std::nullopt;
}

[[nodiscard]] inline std::optional<double> hierarchy_quota(std::filesystem::path const& root, cgroup_files const& files,
                                                           cgroup_version version) {
  auto const place = own_cgroup(root, files, version);
  return place ? smallest_quota(version, place->point, place->path) : std::nullopt;
}

// Both versions may be mounted at once; the CPU controller then belongs to one of them.
[[nodiscard]] inline std::optional<double> cgroup_cpu_quota(std::filesystem::path const& root) {
  cgroup_files const files = read_cgroup_files(root);
  return smaller_quota(hierarchy_quota(root, files, cgroup_version::v1),
                       hierarchy_quota(root, files, cgroup_version::v2));
}

}  // namespace beat::inline v0::detail
