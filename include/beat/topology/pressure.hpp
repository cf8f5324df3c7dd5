#pragma once
// SPDX-License-Identifier: MIT
// Memory pressure of this process's control group, or of the machine: a level to ask for, and callbacks when it
// changes. The kernel wakes the monitor where it may set PSI triggers; elsewhere the monitor looks at the file from
// time to time. While nobody subscribes there is no thread at work, and while there is no pressure a thread with
// triggers sleeps.

#include <algorithm>
#include <atomic>
#include <beat/base/assert.hpp>
#include <beat/base/error.hpp>
#include <beat/base/expected.hpp>
#include <beat/base/unique_function.hpp>
#include <beat/topology/platform.hpp>
#include <beat/topology/pressure_alarm.hpp>
#include <beat/topology/pressure_file.hpp>
#include <beat/topology/pressure_reading.hpp>
#include <beat/topology/pressure_subscription.hpp>
#include <beat/topology/system_file.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

namespace beat::inline v0 {

/// What a pressure_monitor watches, and how.
struct pressure_options {
  std::filesystem::path root = "/";
  /// The PSI file, as "/proc/pressure/memory"; nothing is the one of this process's cgroup v2, or else that of the
  /// machine.
  std::optional<std::string> file = std::nullopt;
  pressure_thresholds thresholds = {};
  /// Between two looks at the file, where the monitor has to look. The kernel renews its averages every 2 seconds.
  std::chrono::milliseconds interval = std::chrono::seconds{2};

  static constexpr std::chrono::milliseconds shortest_interval = std::chrono::seconds{1};
  static constexpr std::chrono::milliseconds longest_interval = std::chrono::hours{1};
};

/// How a pressure_monitor learns of a change.
enum class pressure_mode : std::uint8_t {
  unavailable,  ///< it can't: the level is unknown
  on_demand,    ///< nobody subscribes: the file is read when somebody asks
  polling,      ///< its thread reads the file at intervals
  triggers,     ///< the kernel wakes its thread
};

[[nodiscard]] constexpr std::string_view to_string(pressure_mode mode) noexcept {
  switch (mode) {
    case pressure_mode::unavailable:
      return "unavailable";
    case pressure_mode::on_demand:
      return "on demand";
    case pressure_mode::polling:
      return "polling";
    case pressure_mode::triggers:
      return "triggers";
  }
  return "invalid";
}

/// What pressure_monitor::status says.
struct pressure_status {
  pressure_mode mode = pressure_mode::unavailable;
  std::filesystem::path file;  ///< what is watched
  std::string reason;          ///< why it is this mode, as a sentence
};

namespace detail {

// As the kernel wants it: "some 300000 2000000".
[[nodiscard]] inline std::string trigger_text(std::string_view kind, pressure_threshold const& threshold) {
  return std::string{kind} + ' ' + std::to_string(threshold.stall.count()) + ' ' +
         std::to_string(threshold.window.count());
}

inline void require_sound(pressure_options const& options) {
  using namespace std::chrono_literals;
  for (pressure_threshold const& each : {options.thresholds.some, options.thresholds.critical}) {
    if (each.window < 500ms || each.window > 10s || each.stall <= 0s || each.stall > each.window) {
      throw_error(errc::invalid_argument,
                  "a pressure threshold needs a window of 500 ms to 10 s, and a stall above 0 that fits into it");
    }
  }
  if (options.interval < pressure_options::shortest_interval || options.interval > pressure_options::longest_interval) {
    throw_error(errc::invalid_argument, "the interval of a pressure monitor is from 1 second to 1 hour");
  }
}

}  // namespace detail

/// Watches memory pressure. The Alarm is how its thread sleeps; tests replace it. Use pressure_monitor.
/// Thread safety: all members may be called from any thread; the destructor not from a callback.
template <class Alarm>
class basic_pressure_monitor {
 public:
  /// Throws: beat::error(invalid_argument) for a threshold or an interval outside of its range.
  explicit basic_pressure_monitor(pressure_options options = {},
                                  std::unique_ptr<Alarm> alarm = std::make_unique<Alarm>())
      : options_{std::move(options)},
        file_{options_.file ? detail::below(options_.root, *options_.file) : detail::find_pressure_file(options_.root)},
        alarm_{std::move(alarm)} {
    detail::require_sound(options_);
  }

  basic_pressure_monitor(basic_pressure_monitor const&) = delete;
  basic_pressure_monitor& operator=(basic_pressure_monitor const&) = delete;

  /// Returns when the callback that runs, if one does, has ended. No other is called.
  ~basic_pressure_monitor() {
    if (!thread_.joinable()) {
      return;
    }
    if (subscribers_->is_orphaned()) {
      // The thread is not here: there is nothing to join or detach, and the alarm's destructor would wait for it.
      ::new (static_cast<void*>(&thread_)) std::thread;
      static_cast<void>(alarm_.release());
      return;
    }
    BEAT_ASSERT(thread_.get_id() != std::this_thread::get_id(),
                "a pressure monitor is destroyed in its own callback; leave that to another thread");
    stopping_.store(true, std::memory_order_relaxed);
    subscribers_->clear();
    alarm_->wake();
    thread_.join();
  }

  /// The pressure now. It is cheap while somebody subscribes, and reads the file otherwise.
  [[nodiscard]] pressure_level level() const noexcept {
    pressure_level const seen = seen_.load(std::memory_order_relaxed);
    bool const is_watched = seen != pressure_level::unknown && !subscribers_->is_orphaned() && !subscribers_->empty();
    return is_watched ? seen : look();
  }

  /// The averages now. The error is not_supported where there is no such file.
  [[nodiscard]] expected<pressure_reading> read() const { return detail::read_pressure(file_); }

  /// How changes are noticed, and why so.
  [[nodiscard]] pressure_status status() const {
    auto const reading = read();
    if (!reading) {
      return {pressure_mode::unavailable, file_, detail::unavailable_reason(reading.error())};
    }
    if (subscribers_->is_orphaned() || subscribers_->empty()) {
      return {pressure_mode::on_demand, file_, "nobody subscribes; the file is read when somebody asks"};
    }
    std::lock_guard const lock{mutex_};
    if (refusal_) {
      return {pressure_mode::polling, file_, "the system sets no trigger: " + refusal_.message()};
    }
    return {pressure_mode::triggers, file_, "the kernel wakes the monitor when a threshold is reached"};
  }

  /// Calls `callback(level)` on the monitor's own thread whenever the level has changed. An exception that it throws is
  /// dropped and counted in failed_callbacks(), and the subscription goes on. Ask for the level after this, not before.
  /// Throws: beat::error(invalid_argument) for an empty callback, beat::error(thread_creation_failed), and
  /// beat::error(not_supported) in a child of fork which the monitor is older than.
  [[nodiscard]] pressure_subscription on_change(unique_function<void(pressure_level)> callback) {
    if (!callback) {
      detail::throw_error(errc::invalid_argument, "a pressure monitor was given an empty callback");
    }
    if (subscribers_->is_orphaned()) {
      detail::throw_error(errc::not_supported, "a pressure monitor does not survive fork; make one in the child");
    }
    using subscriber = detail::pressure_subscribers::subscriber;
    // Before the lock, as whatever fails below may destroy the callback, which may do anything in its destructor.
    auto const own = std::make_shared<subscriber>(subscriber{std::move(callback)});
    std::lock_guard const lock{mutex_};
    bool const has_thread = thread_.joinable();
    if (!has_thread || subscribers_->empty()) {
      seen_.store(look(), std::memory_order_relaxed);
    }
    if (!has_thread && seen_.load(std::memory_order_relaxed) != pressure_level::unknown) {
      set_triggers();
      start_thread();
    }
    pressure_subscription subscription{subscribers_, own};
    alarm_->wake();
    return subscription;
  }

  /// How many calls of callbacks threw an exception.
  [[nodiscard]] std::uint64_t failed_callbacks() const noexcept { return subscribers_->failures(); }

 private:
  using time_point = std::chrono::steady_clock::time_point;

  // Whoever has no memory to read the file can't tell.
  [[nodiscard]] pressure_level look() const noexcept {
    try {
      auto const reading = read();
      return reading ? level_of(*reading, options_.thresholds) : pressure_level::unknown;
    } catch (std::bad_alloc const&) {
      return pressure_level::unknown;
    }
  }

  // Both or none: one alone would miss what the other is for.
  void set_triggers() {
    alarm_->clear();  // those of a subscription for which there was no memory or thread
    refusal_ = alarm_->set(file_, detail::trigger_text("some", options_.thresholds.some));
    if (!refusal_) {
      refusal_ = alarm_->set(file_, detail::trigger_text("full", options_.thresholds.critical));
    }
    if (refusal_) {
      alarm_->clear();
    }
  }

  void start_thread() {
    detail::block_signals const blocked;
    try {
      thread_ = std::thread{[this] {
        detail::name_this_thread("beat-pressure");
        watch();
      }};
    } catch (std::system_error const&) {
      alarm_->clear();
      detail::throw_error(errc::thread_creation_failed, "a pressure monitor needs a thread of its own");
    }
  }

  void watch() noexcept {
    while (!stopping_.load(std::memory_order_relaxed)) {
      unsigned const fired = alarm_->wait(time_to_sleep());
      if (!alarm_->is_set()) {
        note_withdrawal();
      }
      if (subscribers_->empty()) {
        continue;
      }
      pressure_level const now = std::max(look(), level_of_triggers(fired));
      if (seen_.exchange(now, std::memory_order_relaxed) != now) {
        subscribers_->notify(now);
      }
    }
  }

  // The kernel tells when pressure comes, and not when it goes.
  [[nodiscard]] detail::sleep_limit time_to_sleep() const noexcept {
    bool const kernel_wakes = alarm_->is_set() && seen_.load(std::memory_order_relaxed) == pressure_level::none;
    return subscribers_->empty() || kernel_wakes ? detail::sleep_limit{} : options_.interval;
  }

  // The kernel fires a trigger at most once in a window. One that fired counts until it is clear that it did not again.
  [[nodiscard]] pressure_level level_of_triggers(unsigned fired) noexcept {
    auto const now = alarm_->now();
    auto const counts = [&](unsigned bit, pressure_threshold const& threshold, time_point& until) {
      if ((fired & bit) != 0) {
        until = now + threshold.window * 3 / 2;
      }
      return now < until;
    };
    bool const some = counts(1, options_.thresholds.some, some_until_);
    bool const critical = counts(2, options_.thresholds.critical, critical_until_);
    return critical ? pressure_level::critical : some ? pressure_level::some : pressure_level::unknown;
  }

  void note_withdrawal() noexcept {
    std::lock_guard const lock{mutex_};
    if (!refusal_) {
      refusal_ = std::make_error_code(std::errc::no_such_device);
    }
  }

  pressure_options const options_;
  std::filesystem::path const file_;
  std::unique_ptr<Alarm> alarm_;
  std::shared_ptr<detail::pressure_subscribers> const subscribers_ = std::make_shared<detail::pressure_subscribers>();

  std::mutex mutable mutex_;  // guards the start of the thread and refusal_
  std::error_code refusal_;   // why there are no triggers; 0 while there are some
  std::thread thread_;
  time_point some_until_{};      // used by the thread: until when the triggers count
  time_point critical_until_{};  // likewise
  // Written by on_change and by the thread, read by anyone: the level that subscribers know.
  std::atomic<pressure_level> seen_{pressure_level::unknown};
  // Written by the destructor, read by the thread after the alarm has woken it, which puts the two in order.
  std::atomic<bool> stopping_{false};
};

/// Watches memory pressure with what the operating system offers.
using pressure_monitor = basic_pressure_monitor<detail::pressure_alarm>;

}  // namespace beat::inline v0
