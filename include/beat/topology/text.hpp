#pragma once
// SPDX-License-Identifier: MIT
// Small parsers for the text files in which the kernel describes the machine. They reject rather than guess, and never
// throw.

#include <charconv>
#include <cstddef>
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
