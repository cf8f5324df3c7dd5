#pragma once
// SPDX-License-Identifier: MIT
// Reads the files in which the kernel describes the machine, below a root that tests replace.
// A file that is missing or unreadable is nothing, never an error: every caller has an answer for that.

#include <beat/base/config.hpp>
#include <beat/base/expected.hpp>
#include <beat/topology/cpu_set.hpp>
#include <beat/topology/text.hpp>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <memory>
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

struct file_closer {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};

// The whole of a text file; nothing if it can't be read or is larger than any real description. What is no file is not
// opened: to open a pipe would wait for its writer. Not by a stream: a process's first one takes half a megabyte.
[[nodiscard]] inline std::optional<std::string> read_text(std::filesystem::path const& path) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) {
    return std::nullopt;
  }
  constexpr std::size_t largest = std::size_t{16} << 20U;
  constexpr std::size_t block = 4096;
  // Programs that this process starts meanwhile do not get the file, where the C library knows "e".
  std::unique_ptr<std::FILE, file_closer> const file{
      std::fopen(path.string().c_str(), BEAT_HAS_LINUX() ? "rbe" : "rb")};
  if (!file) {
    return std::nullopt;
  }
  std::setvbuf(file.get(), nullptr, _IONBF, 0);
  std::string text;
  while (std::feof(file.get()) == 0) {
    std::size_t const before = text.size();
    if (before > largest) {
      return std::nullopt;
    }
    text.resize(before + block);
    text.resize(before + std::fread(text.data() + before, 1, block, file.get()));
    if (std::ferror(file.get()) != 0) {
      return std::nullopt;
    }
  }
  return text;
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
