#pragma once
// SPDX-License-Identifier: MIT
// Reads the files in which the kernel describes the machine, below a root that tests replace.
// A file that is missing or unreadable is nothing, never an error: every caller has an answer for that.

#include <beat/base/expected.hpp>
#include <beat/topology/cpu_set.hpp>
#include <beat/topology/text.hpp>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <ios>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace beat::inline v0::detail {

// Where the absolute path `path` of the described machine is found.
[[nodiscard]] inline std::filesystem::path below(std::filesystem::path const& root, std::string_view path) {
  std::size_t const start = path.find_first_not_of('/');
  return start == std::string_view::npos ? root : root / std::filesystem::path{path.substr(start)};
}

[[nodiscard]] inline bool directory_exists(std::filesystem::path const& path) noexcept {
  std::error_code ignored;
  return std::filesystem::is_directory(path, ignored);
}

// The whole of a text file; nothing if it can't be read or is larger than any real description. What is no file is not
// opened: to open a pipe would wait for its writer.
[[nodiscard]] inline std::optional<std::string> read_text(std::filesystem::path const& path) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) {
    return std::nullopt;
  }
  constexpr std::size_t largest = std::size_t{16} << 20U;
  constexpr std::size_t block = 4096;
  std::ifstream file{path, std::ios::binary};
  std::string text;
  while (file) {
    std::size_t const before = text.size();
    if (before > largest) {
      return std::nullopt;
    }
    text.resize(before + block);
    file.read(text.data() + before, static_cast<std::streamsize>(block));
    text.resize(before + static_cast<std::size_t>(file.gcount()));
  }
  return file.eof() ? std::optional{text} : std::nullopt;
}

// A text file that holds one number.
template <class Integer>
[[nodiscard]] std::optional<Integer> read_number(std::filesystem::path const& path) {
  auto const text = read_text(path);
  return text ? parse_number<Integer>(trim(*text)) : std::nullopt;
}

// A text file that holds a list of CPUs, at least one.
[[nodiscard]] inline std::optional<cpu_set> read_cpu_list(std::filesystem::path const& path) {
  auto const text = read_text(path);
  auto const cpus = text ? cpu_set::parse(*text) : expected<cpu_set>{};
  return cpus && !cpus->empty() ? std::optional{*cpus} : std::nullopt;
}

}  // namespace beat::inline v0::detail
