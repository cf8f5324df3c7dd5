#pragma once
// SPDX-License-Identifier: MIT
// What the stress tests share: time that a CPU really spends, and an end for whatever hangs.

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <thread>

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

/// Ends the program with a message unless it is destroyed in time: a lost task must not look like a slow machine.
class watchdog {
 public:
  explicit watchdog(char const* what, clock::duration limit = 90s)
      : dog_{[this, what, limit] {
          std::unique_lock lock{mutex_};
          if (done_.wait_for(lock, limit, [this] { return over_; })) return;
          std::fprintf(stderr, "hangs: %s\n", what);
          std::_Exit(1);
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

 private:
  std::mutex mutex_;
  std::condition_variable done_;
  bool over_ = false;
  std::thread dog_;
};

}  // namespace stress
