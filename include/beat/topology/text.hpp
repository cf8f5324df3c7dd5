#pragma once
// SPDX-License-Identifier: MIT
// Small parsers for the text files in which the kernel describes the machine. They reject rather than guess, and never
// throw.

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <system_error>

namespace beat::inline v0::detail {

// A decimal number that is the whole of `text`.
template <class Integer>
[[nodiscard]] std::optional<Integer> parse_number(std::string_view text) noexcept {
  Integer value{};
  char const* const end = text.data() + text.size();
  auto const [stop, failure] = std::from_chars(text.data(), end, value);
  return failure == std::errc{} && stop == end ? std::optional<Integer>{value} : std::nullopt;
}

[[nodiscard]] inline std::string_view trim(std::string_view text) noexcept {
  constexpr std::string_view white_space = " \t\r\n";
  std::size_t const first = text.find_first_not_of(white_space);
  return first == std::string_view::npos ? std::string_view{}
                                         : text.substr(first, text.find_last_not_of(white_space) - first + 1);
}

// A number of bytes and its unit, as the kernel writes it ("32768K", "7301336 kB") or people do ("2GiB"); nothing if it
// is malformed or does not fit.
[[nodiscard]] inline std::optional<std::uint64_t> parse_size(std::string_view text) noexcept {
  text = trim(text);
  std::size_t const digits = std::min(text.find_first_not_of("0123456789"), text.size());
  auto const count = parse_number<std::uint64_t>(text.substr(0, digits));
  std::string_view unit = trim(text.substr(digits));
  constexpr std::string_view prefixes = "KMGT";
  std::uint64_t factor = 1;
  if (!unit.empty()) {
    std::size_t const power = prefixes.find(unit.front() == 'k' ? 'K' : unit.front());
    unit.remove_prefix(1);
    if (power == std::string_view::npos || !(unit.empty() || unit == "B" || unit == "iB")) {
      return std::nullopt;
    }
    factor <<= 10 * (power + 1);
  }
  bool const fits = count && *count <= std::numeric_limits<std::uint64_t>::max() / factor;
  return fits ? std::optional{*count * factor} : std::nullopt;
}

// Cuts `text` at the first `separator`: returns what is before it and leaves in `text` what is behind it.
[[nodiscard]] inline std::string_view split_off(std::string_view& text, char separator) noexcept {
  std::size_t const length = text.find(separator);
  std::string_view const front = text.substr(0, length);
  text = length == std::string_view::npos ? std::string_view{} : text.substr(length + 1);
  return front;
}

// Whether `item` is one of the parts of `list`.
[[nodiscard]] inline bool list_contains(std::string_view list, char separator, std::string_view item) noexcept {
  while (!list.empty()) {
    if (split_off(list, separator) == item) {
      return true;
    }
  }
  return false;
}

}  // namespace beat::inline v0::detail
