#pragma once
// SPDX-License-Identifier: MIT
// The sleep of the thread that watches memory pressure: ended by the kernel, by another thread, or after a time.
// It knows the operating system's triggers; with BEAT_PORTABLE, or off Linux, there are none, and the rest works.
// One thread waits, and any may wake it; it is also the only one that calls the other functions once it has started.

#include <beat/base/config.hpp>
#include <beat/base/error.hpp>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>

#if BEAT_HAS_LINUX()
#include <poll.h>
#include <sys/eventfd.h>
#include <array>
#include <beat/base/assert.hpp>
#include <beat/topology/platform.hpp>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <utility>
#include <vector>
#endif

namespace beat::inline v0::detail {

// How long to sleep; nothing is for ever.
using sleep_limit = std::optional<std::chrono::milliseconds>;

// A sleep that ends when somebody calls wake(), even if that was before it began.
class interruptible_sleep {
 public:
  void wake() noexcept {
    {
      std::lock_guard const lock{mutex_};
      woken_ = true;
    }
    wake_.notify_one();
  }

  void wait(sleep_limit limit) {
    auto const is_woken = [this] { return woken_; };
    std::unique_lock lock{mutex_};
    if (limit) {
      wake_.wait_for(lock, *limit, is_woken);
    } else {
      wake_.wait(lock, is_woken);
    }
    woken_ = false;
  }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  bool woken_ = false;  // guarded by mutex_
};

#if BEAT_HAS_LINUX()

class pressure_alarm {
 public:
  static constexpr std::size_t most_triggers = 2;

  // Asks the kernel to end a sleep when `trigger`, as "some 300000 2000000", holds for the PSI file. The error is the
  // kernel's reason to refuse. Source: the kernel's document accounting/psi.
  [[nodiscard]] std::error_code set(std::filesystem::path const& file, std::string const& trigger) {
    BEAT_ASSERT(triggers_.size() < most_triggers, "an alarm has room for two triggers; clear it first");
    if (!wake_up_) {
      wake_up_ = file_descriptor{::eventfd(0, EFD_CLOEXEC)};
    }
    // The files of the kernel have no size. Any other would take what is written for its new content.
    std::error_code failure;
    if (wake_up_ && (std::filesystem::file_size(file, failure) != 0 || failure)) {
      return failure ? failure : make_error_code(errc::not_supported);
    }
    errno = 0;
    open_file opened{wake_up_ ? std::fopen(file.c_str(), "r+e") : nullptr};
    // One call of write(2) has to carry all of the trigger and the zero behind it.
    bool const accepted = opened && std::setvbuf(opened.get(), nullptr, _IONBF, 0) == 0 &&
                          std::fwrite(trigger.c_str(), 1, trigger.size() + 1, opened.get()) == trigger.size() + 1;
    if (!accepted) {
      return {errno != 0 ? errno : EIO, std::system_category()};
    }
    triggers_.push_back(std::move(opened));
    return {};
  }

  void clear() noexcept { triggers_.clear(); }

  [[nodiscard]] std::chrono::steady_clock::time_point now() const noexcept { return std::chrono::steady_clock::now(); }

  [[nodiscard]] bool is_set() const noexcept { return !triggers_.empty(); }

  void wake() noexcept {
    sleep_.wake();
    if (wake_up_) {
      std::uint64_t const one = 1;
      static_cast<void>(::write(wake_up_.get(), &one, sizeof one) == sizeof one);
    }
  }

  // Sleeps, and returns which triggers ended that, as bits in the order in which they were set. It may also end for no
  // reason. When the kernel withdraws a trigger, as its control group is gone, or can't wait, all are cleared.
  [[nodiscard]] unsigned wait(sleep_limit limit) {
    if (!is_set()) {
      sleep_.wait(limit);
      return 0;
    }
    std::array<::pollfd, most_triggers + 1> watched{};
    for (std::size_t i = 0; i < triggers_.size(); ++i) {
      watched[i] = {::fileno(triggers_[i].get()), POLLPRI, 0};
    }
    ::pollfd& wake_up = watched[triggers_.size()];
    wake_up = {wake_up_.get(), POLLIN, 0};
    int const ready = ::poll(watched.data(), triggers_.size() + 1, limit ? static_cast<int>(limit->count()) : -1);
    if (ready < 0 && errno != EINTR) {
      clear();  // rather than not to sleep at all
    }
    if (ready <= 0) {
      return 0;
    }
    if (wake_up.revents != 0) {
      std::uint64_t wake_ups = 0;
      static_cast<void>(::read(wake_up_.get(), &wake_ups, sizeof wake_ups) == sizeof wake_ups);
    }
    unsigned fired = 0;
    for (std::size_t i = 0; i < triggers_.size(); ++i) {
      if ((watched[i].revents & (POLLERR | POLLHUP | POLLNVAL)) != 0) {
        clear();
        return 0;
      }
      fired |= (watched[i].revents & POLLPRI) != 0 ? 1U << i : 0U;
    }
    return fired;
  }

 private:
  struct close_file {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
  };
  using open_file = std::unique_ptr<std::FILE, close_file>;

  interruptible_sleep sleep_;        // used while no trigger is set
  file_descriptor wake_up_;          // an eventfd, used while one is
  std::vector<open_file> triggers_;  // a trigger lives as long as its file is open
};

#else

class pressure_alarm {
 public:
  [[nodiscard]] std::error_code set(std::filesystem::path const&, std::string const&) {
    return make_error_code(errc::not_supported);
  }
  void clear() noexcept {}
  [[nodiscard]] std::chrono::steady_clock::time_point now() const noexcept { return std::chrono::steady_clock::now(); }
  [[nodiscard]] bool is_set() const noexcept { return false; }
  void wake() noexcept { sleep_.wake(); }
  [[nodiscard]] unsigned wait(sleep_limit limit) {
    sleep_.wait(limit);
    return 0;
  }

 private:
  interruptible_sleep sleep_;
};

#endif

}  // namespace beat::inline v0::detail
