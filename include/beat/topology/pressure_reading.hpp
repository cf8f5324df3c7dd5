#pragma once
// SPDX-License-Identifier: MIT
// What the kernel's pressure stall information (PSI) says about memory at one moment, and how bad that is.
// pressure.hpp watches it. Source: the kernel's document accounting/psi.

#include <beat/base/error.hpp>
#include <beat/base/expected.hpp>
#include <beat/topology/text.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace beat::inline v0 {

/// Time lost in waiting for memory.
struct pressure_stall {
  /// The time lost in each second, on average over the last 10, 60 and 300 seconds: the kernel's 12.34 % are 123400 us.
  std::chrono::microseconds avg10{};
  std::chrono::microseconds avg60{};
  std::chrono::microseconds avg300{};
  /// All of it since the machine, or the control group, was started.
  std::chrono::microseconds total{};

  [[nodiscard]] friend bool operator==(pressure_stall const&, pressure_stall const&) = default;
};

/// The content of a PSI file.
struct pressure_reading {
  pressure_stall some;  ///< at least one task waited
  pressure_stall full;  ///< every task that had something to do waited

  [[nodiscard]] friend bool operator==(pressure_reading const&, pressure_reading const&) = default;
};

/// How hard memory is pressed; a level that compares greater is worse.
enum class pressure_level : std::uint8_t {
  unknown,  ///< nobody can tell: see pressure_monitor::status
  none,
  some,      ///< tasks wait for memory: begin no more than is needed
  critical,  ///< at times nothing else happens: give memory back
};

[[nodiscard]] constexpr std::string_view to_string(pressure_level level) noexcept {
  switch (level) {
    case pressure_level::unknown:
      return "unknown";
    case pressure_level::none:
      return "none";
    case pressure_level::some:
      return "some";
    case pressure_level::critical:
      return "critical";
  }
  return "invalid";
}

/// So much lost time in so much time is too much. Every process may ask the kernel for windows of whole multiples of 2
/// seconds; others, from 500 milliseconds to 10 seconds, take a privilege.
struct pressure_threshold {
  std::chrono::microseconds stall;
  std::chrono::microseconds window;

  /// Whether the time that was lost in each second is as much.
  [[nodiscard]] constexpr bool is_reached_by(std::chrono::microseconds lost_per_second) const noexcept {
    constexpr std::chrono::microseconds second = std::chrono::seconds{1};
    return lost_per_second.count() * window.count() >= stall.count() * second.count();
  }

  [[nodiscard]] friend bool operator==(pressure_threshold const&, pressure_threshold const&) = default;
};

/// Where the levels begin.
struct pressure_thresholds {
  /// Of pressure_reading::some, for pressure_level::some.
  pressure_threshold some{std::chrono::milliseconds{300}, std::chrono::seconds{2}};
  /// Of pressure_reading::full, for pressure_level::critical.
  pressure_threshold critical{std::chrono::milliseconds{200}, std::chrono::seconds{2}};

  [[nodiscard]] friend bool operator==(pressure_thresholds const&, pressure_thresholds const&) = default;
};

/// The level that the averages over 10 seconds amount to.
[[nodiscard]] constexpr pressure_level level_of(pressure_reading const& reading,
                                                pressure_thresholds const& thresholds = {}) noexcept {
  if (thresholds.critical.is_reached_by(reading.full.avg10)) {
    return pressure_level::critical;
  }
  return thresholds.some.is_reached_by(reading.some.avg10) ? pressure_level::some : pressure_level::none;
}

namespace detail {

// Cuts "name=value" or "name=value rest" off the front; nothing if another name stands there.
[[nodiscard]] inline std::optional<std::string_view> split_off_field(std::string_view& line, std::string_view name) {
  std::string_view value = split_off(line, ' ');
  return split_off(value, '=') == name ? std::optional{value} : std::nullopt;
}

// "12.34" per cent, which is never more than 100, as time in each second.
[[nodiscard]] inline std::optional<std::chrono::microseconds> parse_share(std::string_view text) noexcept {
  constexpr unsigned hundred_percent = 100'00;
  std::string_view const whole_text = split_off(text, '.');
  auto const whole = parse_number<unsigned>(whole_text);
  auto const hundredths = parse_number<unsigned>(text);
  bool const well_formed = whole && hundredths && whole_text.size() <= 3 && text.size() == 2;
  if (!well_formed || *whole * 100 + *hundredths > hundred_percent) {
    return std::nullopt;
  }
  return std::chrono::microseconds{std::chrono::seconds{1}} * (*whole * 100 + *hundredths) / hundred_percent;
}

// "some avg10=0.00 avg60=0.00 avg300=0.00 total=0", where `kind` is the first word.
[[nodiscard]] inline std::optional<pressure_stall> parse_stall(std::string_view line, std::string_view kind) noexcept {
  if (split_off(line, ' ') != kind) {
    return std::nullopt;
  }
  auto const share = [&line](std::string_view name) {
    auto const value = split_off_field(line, name);
    return value ? parse_share(*value) : std::nullopt;
  };
  auto const avg10 = share("avg10");
  auto const avg60 = share("avg60");
  auto const avg300 = share("avg300");
  bool const total_is_last = line.find(' ') == std::string_view::npos;
  auto const total_text = split_off_field(line, "total");
  std::int64_t const total = total_text ? parse_number<std::int64_t>(*total_text).value_or(-1) : -1;
  if (!avg10 || !avg60 || !avg300 || !total_is_last || total < 0) {
    return std::nullopt;
  }
  return pressure_stall{*avg10, *avg60, *avg300, std::chrono::microseconds{total}};
}

}  // namespace detail

/// Reads the text of a PSI file of memory: a line that begins with "some" and one that begins with "full". The error is
/// invalid_argument for whatever the kernel would not have written.
[[nodiscard]] inline expected<pressure_reading> parse_pressure(std::string_view text) noexcept {
  auto const some = detail::parse_stall(detail::split_off(text, '\n'), "some");
  auto const full = detail::parse_stall(detail::split_off(text, '\n'), "full");
  if (!some || !full || !text.empty()) {
    return unexpected{make_error_code(errc::invalid_argument)};
  }
  return pressure_reading{*some, *full};
}

}  // namespace beat::inline v0
