#pragma once
// SPDX-License-Identifier: MIT
// What the stress tests share: time that a CPU really spends, and an end for whatever hangs.

#include <algorithm>
#include <atomic>
#include <beat.hpp>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "build_kind.hpp"

namespace stress {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

inline double milliseconds_since(clock::time_point start) {
  return std::chrono::duration<double, std::milli>(clock::now() - start).count();
}

/// Keeps a CPU busy, as a long leaf does.
inline void spin(clock::duration duration) {
  for (auto const end = clock::now() + duration; clock::now() < end;) {
  }
}

/// How much more than usual is done: BEAT_SOAK in the environment says it, for runs that may take long.
inline long soak() {
  static long const factor = [] {
    char const* const text = std::getenv("BEAT_SOAK");
    return text == nullptr ? 1L : std::max(1L, std::atol(text));
  }();
  return factor;
}

/// So much is done: less in the builds that look for other mistakes.
inline long often(long thorough, long elsewhere) { return (build_kind::is_thorough ? thorough : elsewhere) * soak(); }

/// A number of /proc/self/status, such as "Threads" or "VmRSS" (in kB); -1 where there is none.
inline long of_this_process(std::string const& name) {
  std::ifstream status{"/proc/self/status"};
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(name + ":")) return std::stol(line.substr(name.size() + 1));
  return -1;
}

/// Its thieves never wait before they ask, nor before they use force.
struct eager_policy {
  static constexpr beat::scheduler_tuning tuning() noexcept {
    return {.look_interval = 0, .pace = 0, .patience = 0, .brief_wait = 50'000};
  }
};

/// Its idle threads go to sleep at once.
struct sleepy_policy {
  static constexpr beat::scheduler_tuning tuning() noexcept {
    return {.spin = 0, .look_interval = 0, .activity_window = 0};
  }
};

/// Ends the program with a message unless it is destroyed, or fed, in time: a lost task must not look like a slow
/// machine.
class watchdog {
 public:
  /// `describe` says more about what hangs.
  explicit watchdog(
      char const* what, clock::duration limit = 90s, std::function<void()> describe = [] {})
      : dog_{[this, what, limit, describe = std::move(describe)] {
          std::unique_lock lock{mutex_};
          while (!done_.wait_for(lock, limit * soak(), [this] { return over_; })) {
            if (is_fed_.exchange(false, std::memory_order_relaxed)) continue;
            std::fprintf(stderr, "hangs: %s\n", what);
            describe();
            std::fflush(stderr);
            std::this_thread::sleep_for(1s);  // others bark too
            std::_Exit(1);
          }
        }} {}
  ~watchdog() {
    {
      std::lock_guard const lock{mutex_};
      over_ = true;
    }
    done_.notify_one();
    dog_.join();
  }
  watchdog(watchdog const&) = delete;
  watchdog& operator=(watchdog const&) = delete;

  /// Something goes on: its time begins anew, and by then something else has to.
  void feed() noexcept { is_fed_.store(true, std::memory_order_relaxed); }

 private:
  std::mutex mutex_;
  std::condition_variable done_;
  bool over_ = false;
  std::atomic<bool> is_fed_{false};
  std::thread dog_;
};

/// What watches a pool from before it is made until after its end.
template <class Pool>
class pool_watch {
 public:
  void feed() noexcept { dog_.feed(); }

 protected:
  pool_watch(char const* what, clock::duration limit, Pool const& pool)
      : dog_{what, limit,
             [this, &pool] { is_made_ ? pool.describe(std::cerr) : void(std::cerr << "when it begins\n"); }} {}

  std::atomic<bool> is_made_{false};

 private:
  watchdog dog_;
};

/// A pool that tells what everybody does if it hangs, from its beginning to its end.
template <class Pool>
class watched : public pool_watch<Pool>, public Pool {
 public:
  watched(char const* what, unsigned workers, clock::duration limit = 90s)
      : pool_watch<Pool>{what, limit, *this}, Pool{workers} {
    this->is_made_ = true;
  }
};

}  // namespace stress
