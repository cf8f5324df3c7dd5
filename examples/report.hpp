#pragma once
// SPDX-License-Identifier: MIT
// What beat_info has to say: a tree of facts, and how it becomes text or JSON. Its strings may hold anything.

#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace report {

struct value;
using fields = std::vector<std::pair<std::string, value>>;
using list = std::vector<value>;

/// A fact, or facts by name or number. The fact null is what nobody knows or nobody set.
struct value {
  enum class kind { null, plain, text, array, object };

  value(std::nullptr_t) {}
  value(bool yes) : is{kind::plain}, scalar{yes ? "true" : "false"} {}
  template <std::unsigned_integral Number>
  value(Number number) : is{kind::plain}, scalar{std::to_string(number)} {}
  value(double number) : is{kind::plain} {
    char digits[32];
    scalar.assign(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
  }
  value(char const* text) : value{std::string{text}} {}
  value(std::string text) : is{kind::text}, scalar{std::move(text)} {}
  value(fields members) : is{kind::object}, below{std::move(members)} {}
  value(list const& elements) : is{kind::array} {
    for (value const& element : elements) below.emplace_back(std::to_string(below.size()), element);
  }
  template <class T>
  value(std::optional<T> const& known) : value{known ? value{*known} : value{nullptr}} {}

  kind is = kind::null;
  std::string scalar;  // of plain and text
  fields below;        // of an object, and of an array, where names are numbers
};

/// How many bytes the UTF-8 character takes with which `text` begins; 0 where there is none.
inline std::size_t utf8_length(std::string_view text) {
  auto const byte = [&](std::size_t i) -> std::uint32_t {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
  };
  std::uint32_t const first = byte(0);
  if (first < 0x80) return 1;
  if (first < 0xC0 || first >= 0xF8) return 0;
  std::size_t const length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  std::uint32_t point = first & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) return 0;
    point = point << 6U | (byte(i) & 0x3FU);
  }
  constexpr std::uint32_t least[] = {0x80, 0x800, 0x10000};
  bool const is_character = point <= 0x10FFFF && (point < 0xD800 || point > 0xDFFF);
  return is_character && point >= least[length - 2] ? length : 0;
}

/// As JSON wants it between quotes, and a terminal can take it. A byte that is not UTF-8 becomes U+FFFD.
inline std::string escaped(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    std::size_t const length = utf8_length(text);
    auto const first = static_cast<unsigned char>(text.front());
    if (length == 0) {
      result += "\\ufffd";
    } else if (first < 0x20 || first == 0x7F) {
      constexpr std::string_view digits = "0123456789abcdef";
      result.append("\\u00").append(1, digits[first / 16U]).append(1, digits[first % 16U]);
    } else {
      result.append(first == '"' || first == '\\' ? "\\" : "").append(text.substr(0, length));
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return result;
}

inline void write_json(std::ostream& out, value const& fact) {
  bool const is_array = fact.is == value::kind::array;
  char const* separator = "";
  switch (fact.is) {
    case value::kind::null:
      out << "null";
      break;
    case value::kind::plain:
      out << fact.scalar;
      break;
    case value::kind::text:
      out << '"' << escaped(fact.scalar) << '"';
      break;
    case value::kind::array:
    case value::kind::object:
      out << (is_array ? '[' : '{');
      for (auto const& [name, member] : fact.below) {
        out << std::exchange(separator, ",");
        if (!is_array) out << '"' << escaped(name) << "\":";
        write_json(out, member);
      }
      out << (is_array ? ']' : '}');
  }
}

/// A line for each fact, and what belongs to it below, further to the right.
inline void write_text(std::ostream& out, std::string const& name, value const& fact, std::string const& indent = "") {
  out << indent << escaped(name);
  if (fact.below.empty()) out << ": " << (fact.scalar.empty() ? "-" : escaped(fact.scalar));
  out << '\n';
  for (auto const& [key, member] : fact.below) write_text(out, key, member, indent + "  ");
}

}  // namespace report
