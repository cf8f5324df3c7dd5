#pragma once
// SPDX-License-Identifier: MIT
// What a thread costs the machine: cycles, instructions, misses, CPU time, page faults, by perf_event_open(2).
// A counter that the machine or the system does not give is absent, and says why; it is never a zero and no exception.

#include <array>
#include <beat/base/assert.hpp>
#include <beat/base/error.hpp>
#include <beat/observe/perf_group.hpp>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

namespace beat::inline v0 {

/// What perf_counters counts. Only user mode counts, so that it needs no privilege, except for context switches.
enum class perf_event : std::uint8_t {
  task_clock,  ///< time on a CPU, in nanoseconds
  context_switches,
  page_faults,
  cycles,
  instructions,
  cache_references,  ///< of the last level, usually
  cache_misses,
  branches,
  branch_misses,
};

/// How many there are: a perf_event is a number below this.
inline constexpr std::size_t perf_event_count = 9;

/// A number of events.
struct perf_count {
  std::uint64_t value = 0;
  /// Where more counters are wanted than the hardware has, they take turns: `value` is what was counted, times this.
  /// 1 is a counter that counted all the time.
  double scale = 1;

  [[nodiscard]] friend bool operator==(perf_count const&, perf_count const&) = default;
};

/// What happened in a measured time.
class perf_counts {
 public:
  /// Nothing for a counter that is absent, or that had no turn in this time.
  [[nodiscard]] std::optional<perf_count> const& operator[](perf_event event) const noexcept {
    return counts_[static_cast<std::size_t>(event)];
  }
  [[nodiscard]] std::optional<perf_count>& operator[](perf_event event) noexcept {
    return counts_[static_cast<std::size_t>(event)];
  }

  /// The task clock as a time.
  [[nodiscard]] std::optional<std::chrono::nanoseconds> cpu_time() const noexcept {
    auto const& clock = (*this)[perf_event::task_clock];
    return clock ? std::optional{std::chrono::nanoseconds{clock->value}} : std::nullopt;
  }

  [[nodiscard]] friend bool operator==(perf_counts const&, perf_counts const&) = default;

 private:
  std::array<std::optional<perf_count>, perf_event_count> counts_;
};

namespace detail {

struct perf_event_facts {
  std::string_view name;
  perf_source source;
  std::size_t group;
};

// The hardware may be too small for all counters at a time, so only those whose ratio matters are grouped.
inline constexpr std::size_t perf_group_count = 4;

// In the order of perf_event.
inline constexpr std::array<perf_event_facts, perf_event_count> perf_facts{{
    {"task_clock", {perf_source::kind::software, 1, false}, 0},
    {"context_switches", {perf_source::kind::software, 3, true}, 0},  // they happen in the kernel, and nowhere else
    {"page_faults", {perf_source::kind::software, 2, false}, 0},
    {"cycles", {perf_source::kind::hardware, 0, false}, 1},
    {"instructions", {perf_source::kind::hardware, 1, false}, 1},
    {"cache_references", {perf_source::kind::hardware, 2, false}, 2},
    {"cache_misses", {perf_source::kind::hardware, 3, false}, 2},
    {"branches", {perf_source::kind::hardware, 4, false}, 3},
    {"branch_misses", {perf_source::kind::hardware, 5, false}, 3},
}};

[[nodiscard]] constexpr perf_event_facts const& facts_of(perf_event event) noexcept {
  return perf_facts[static_cast<std::size_t>(event)];
}

// Nothing where the counter had no turn between the two samples, or could not be read for the second.
[[nodiscard]] inline std::optional<perf_count> count_between(perf_sample const& before,
                                                             perf_sample const& after) noexcept {
  std::uint64_t const value = after.value - before.value;
  auto const enabled = after.enabled - before.enabled;
  auto const running = after.running - before.running;
  if (running.count() < 0 || (running.count() == 0 && enabled.count() != 0)) {
    return std::nullopt;
  }
  if (enabled == running) {
    return perf_count{value, 1};
  }
  double const scale = static_cast<double>(enabled.count()) / static_cast<double>(running.count());
  return perf_count{static_cast<std::uint64_t>(static_cast<double>(value) * scale + 0.5), scale};
}

// Why the system gives no such counter, and what to do; empty where only the system's own message says it.
[[nodiscard]] inline std::string_view known_perf_absence(perf_source const& source, std::error_code failure) {
  if (failure == errc::not_supported) {
    return "absent: this build does without Linux; build for it, and without BEAT_PORTABLE";
  }
  if (failure == std::errc::no_such_file_or_directory || failure == std::errc::operation_not_supported ||
      failure == std::errc::no_such_device || failure == std::errc::no_such_device_or_address) {
    return "absent: this machine has no such counter, as is usual in a virtual machine; run on another, or let the "
           "virtual machine have them";
  }
  if (failure == std::errc::permission_denied || failure == std::errc::operation_not_permitted) {
    return source.counts_kernel
               ? "refused: set the sysctl kernel.perf_event_paranoid to 1 or less, or give the program CAP_PERFMON; in "
                 "a container, its seccomp profile may have to allow perf_event_open"
               : "refused: set the sysctl kernel.perf_event_paranoid to 2 or less, or give the program CAP_PERFMON; in "
                 "a container, its seccomp profile may have to allow perf_event_open";
  }
  if (failure == std::errc::too_many_files_open || failure == std::errc::too_many_files_open_in_system) {
    return "refused: too many files are open; raise the limit (ulimit -n), or use fewer perf_counters at a time";
  }
  if (failure == std::errc::function_not_supported) {
    return "absent: this kernel has no perf events; use one with CONFIG_PERF_EVENTS";
  }
  if (failure == std::errc::device_or_resource_busy) {
    return "refused: another program has the counters for itself; end it";
  }
  return {};
}

[[nodiscard]] inline std::string perf_absence(perf_source const& source, std::error_code failure) {
  std::string_view const known = known_perf_absence(source, failure);
  return known.empty() ? "refused: " + failure.message() : std::string{known};
}

}  // namespace detail

[[nodiscard]] constexpr std::string_view to_string(perf_event event) noexcept { return detail::facts_of(event).name; }

/// One line, as "task_clock 1200 ns, page_faults 3, cycles 500 (x 1.25), absent: instructions, ...", where a scale
/// other than 1 is in brackets.
[[nodiscard]] inline std::string to_string(perf_counts const& counts) {
  std::string present;
  std::string absent;
  for (std::size_t i = 0; i < perf_event_count; ++i) {
    auto const event = static_cast<perf_event>(i);
    std::string const name{to_string(event)};
    if (!counts[event]) {
      absent += (absent.empty() ? "absent: " : ", ") + name;
      continue;
    }
    present += (present.empty() ? "" : ", ") + name + ' ' + std::to_string(counts[event]->value);
    if (event == perf_event::task_clock) {
      present += " ns";
    }
    if (counts[event]->scale != 1) {
      char scale[32];
      std::snprintf(scale, sizeof scale, " (x %.2f)", counts[event]->scale);
      present += scale;
    }
  }
  return present + (present.empty() || absent.empty() ? "" : ", ") + absent;
}

/// Counts what happens on the thread that made it, from then on until it is destroyed. The two counters of each ratio
/// (instructions per cycle, cache misses, branch misses) count at the same times.
/// Thread safety: one thread at a time. Another one may read, and reads what the first one did.
class perf_counters {
 public:
  /// Opens what there is, and starts. It needs up to nine file descriptors.
  perf_counters() {
    for (std::size_t i = 0; i < perf_event_count; ++i) {
      detail::perf_event_facts const& facts = detail::perf_facts[i];
      failures_[i] = groups_[facts.group].add(facts.source, i);
    }
    for (detail::perf_group const& group : groups_) {
      group.enable();
    }
    start();
  }

  perf_counters(perf_counters&&) noexcept = default;
  perf_counters& operator=(perf_counters&&) noexcept = default;

  [[nodiscard]] bool is_available(perf_event event) const noexcept {
    return !failures_[static_cast<std::size_t>(event)];
  }

  /// "available", or why it is not and what to do.
  [[nodiscard]] std::string availability(perf_event event) const {
    std::error_code const failure = failures_[static_cast<std::size_t>(event)];
    return failure ? detail::perf_absence(detail::facts_of(event).source, failure) : "available";
  }

  /// From here on, from 0.
  void start() noexcept {
    end_.reset();
    begin_ = sample();
  }

  /// Until here. Once stopped, it stays so until the next start().
  void stop() noexcept {
    if (!end_) {
      end_ = sample();
    }
  }

  /// What happened since start(), until stop() or until now.
  [[nodiscard]] perf_counts read() const noexcept {
    samples const end = end_ ? *end_ : sample();
    perf_counts counts;
    for (std::size_t i = 0; i < perf_event_count; ++i) {
      if (!failures_[i]) {
        counts[static_cast<perf_event>(i)] = detail::count_between(begin_[i], end[i]);
      }
    }
    return counts;
  }

  /// What happens while `f` runs; what it returns is dropped. Call it on the thread that made this.
  template <std::invocable F>
  [[nodiscard]] perf_counts measure(F&& f) {
    BEAT_ASSERT(owner_ == std::this_thread::get_id(), "these counters are of another thread; make some on this one");
    start();
    static_cast<void>(std::invoke(std::forward<F>(f)));
    stop();
    return read();
  }

 private:
  using samples = std::array<detail::perf_sample, perf_event_count>;

  [[nodiscard]] samples sample() const noexcept {
    samples result{};
    for (detail::perf_group const& group : groups_) {
      group.read(result);
    }
    return result;
  }

  std::array<detail::perf_group, detail::perf_group_count> groups_;
  std::array<std::error_code, perf_event_count> failures_;
  samples begin_{};
  std::optional<samples> end_;
  std::thread::id owner_ = std::this_thread::get_id();
};

}  // namespace beat::inline v0
