#pragma once
// SPDX-License-Identifier: MIT
// What the tests of tasks share.

#include <atomic>
#include <beat.hpp>
#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

namespace task_test {

using namespace std::chrono_literals;

/// Waits for a flag, but not for ever: false is a failure, not a slow machine.
inline bool wait_for(std::atomic<bool> const& flag) {
  for (auto const limit = std::chrono::steady_clock::now() + 20s; !flag && std::chrono::steady_clock::now() < limit;)
    std::this_thread::yield();
  return flag;
}

/// The code of the beat::error that `f` throws, or none.
template <class F>
std::error_code error_of(F&& f) {
  try {
    f();
  } catch (beat::error const& e) {
    return e.code();
  }
  return {};
}

/// What the exception says that `f` throws, or nothing.
template <class F>
std::string message_of(F&& f) {
  try {
    f();
  } catch (std::exception const& e) {
    return e.what();
  }
  return {};
}

/// Keeps every worker of a pool busy until it is opened.
class occupation {
 public:
  template <class Policy>
  explicit occupation(beat::basic_thread_pool<Policy>& pool) {
    std::size_t const count = pool.workers();
    for (std::size_t i = 0; i < count; ++i) {
      pool.post([state = state_, count] {
        if (++state->busy == count) state->complete = true;
        wait_for(state->open);
      });
    }
    wait_for(state_->complete);
  }
  ~occupation() { open(); }
  occupation(occupation const&) = delete;
  occupation& operator=(occupation const&) = delete;

  void open() { state_->open = true; }

 private:
  struct shared {
    std::atomic<std::size_t> busy{0};
    std::atomic<bool> complete{false};
    std::atomic<bool> open{false};
  };
  std::shared_ptr<shared> const state_ = std::make_shared<shared>();
};

/// Knows how many of its kind live.
struct counted {
  static inline std::atomic<int> live{0};
  int value;
  explicit counted(int v) : value{v} { ++live; }
  counted(counted const& other) : value{other.value} { ++live; }
  counted(counted&& other) noexcept : value{std::exchange(other.value, -1)} { ++live; }
  counted& operator=(counted const&) = default;
  counted& operator=(counted&&) = default;
  ~counted() { --live; }
};

/// A waiter does not bear a pool that stands still for more than a millisecond.
struct impatient_policy {
  static constexpr beat::scheduler_tuning tuning() noexcept { return {.stuck = 1'000'000}; }
};
using impatient_pool = beat::basic_thread_pool<impatient_policy>;

}  // namespace task_test
