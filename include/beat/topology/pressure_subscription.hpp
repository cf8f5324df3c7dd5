#pragma once
// SPDX-License-Identifier: MIT
// Who wants to know when memory pressure changes: the list that a pressure_monitor and its subscriptions share.
// Invariant: when the destructor of a subscription has returned, its callback does not run and never will, except that
// a callback may end its own subscription.

#include <algorithm>
#include <atomic>
#include <beat/base/platform.hpp>
#include <beat/base/unique_function.hpp>
#include <beat/topology/pressure_reading.hpp>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace beat::inline v0 {

namespace detail {

// All members may be called from any thread, but notify() from one only.
class pressure_subscribers {
 public:
  struct subscriber {
    unique_function<void(pressure_level)> callback;
    std::uint64_t last_round = 0;
  };

  void add(std::shared_ptr<subscriber> const& added) {
    std::lock_guard const lock{mutex_};
    added->last_round = round_;
    subscribers_.push_back(added);
    count_.store(subscribers_.size(), std::memory_order_relaxed);
  }

  // Waits for the end of the callback, unless it is the callback that calls this, or another on the same thread.
  void remove(subscriber const& leaving) noexcept {
    if (is_orphaned()) {
      return;
    }
    std::unique_lock lock{mutex_};
    std::erase_if(subscribers_, [&](auto const& each) { return each.get() == &leaving; });
    count_.store(subscribers_.size(), std::memory_order_relaxed);
    if (std::this_thread::get_id() != notifier_) {
      callback_ended_.wait(lock, [&] { return running_ != &leaving; });
    }
  }

  [[nodiscard]] bool empty() const noexcept { return count_.load(std::memory_order_relaxed) == 0; }

  // Calls each subscriber that was there when this began and still is, the oldest first.
  void notify(pressure_level level) noexcept {
    std::unique_lock lock{mutex_};
    std::uint64_t const round = ++round_;
    auto const is_due = [round](auto const& each) { return each->last_round < round; };
    for (;;) {
      auto const found = std::find_if(subscribers_.begin(), subscribers_.end(), is_due);
      if (found == subscribers_.end()) {
        return;
      }
      auto next = *found;
      next->last_round = round;
      running_ = next.get();
      notifier_ = std::this_thread::get_id();
      lock.unlock();
      try {
        next->callback(level);
      } catch (...) {
        failures_.fetch_add(1, std::memory_order_relaxed);
      }
      // One that has ended its own subscription is destroyed here, and may do anything in its destructor.
      next.reset();
      lock.lock();
      running_ = nullptr;
      notifier_ = {};
      callback_ended_.notify_all();
    }
  }

  // Lets notify() return after the callback that runs, if one does.
  void clear() noexcept {
    std::vector<std::shared_ptr<subscriber>> removed;
    std::lock_guard const lock{mutex_};
    removed.swap(subscribers_);
    count_.store(0, std::memory_order_relaxed);
  }

  [[nodiscard]] std::uint64_t failures() const noexcept { return failures_.load(std::memory_order_relaxed); }

  // True in a child of fork, where the thread that notifies is not, and may have left the mutex locked.
  [[nodiscard]] bool is_orphaned() const noexcept { return platform::fork_count() != born_after_; }

 private:
  std::uint32_t const born_after_ = platform::watch_forks();  // so many forks

  std::mutex mutex_;  // guards what follows, up to notifier_
  std::condition_variable callback_ended_;
  std::vector<std::shared_ptr<subscriber>> subscribers_;
  std::uint64_t round_ = 0;              // the number of the last notify()
  subscriber const* running_ = nullptr;  // whose callback runs
  std::thread::id notifier_;             // and on which thread

  std::atomic<std::size_t> count_{0};       // of subscribers_; written with mutex_ held, read by anyone
  std::atomic<std::uint64_t> failures_{0};  // written by the thread that notifies, read by anyone
};

}  // namespace detail

/// A callback is called as long as this object lives, which may be longer than the monitor does: after that it is never
/// called. The destructor waits until the callback does not run, so hold no lock there that the callback takes. In the
/// callback itself, or in another of the same monitor, it does not wait.
class [[nodiscard("the callback is called only as long as this object lives")]] pressure_subscription {
 public:
  /// Subscribes to nothing.
  pressure_subscription() noexcept = default;

  pressure_subscription(pressure_subscription&&) noexcept = default;
  pressure_subscription& operator=(pressure_subscription&& other) noexcept {
    pressure_subscription ended{std::move(other)};
    std::swap(list_, ended.list_);
    std::swap(own_, ended.own_);
    return *this;
  }

  ~pressure_subscription() {
    if (list_) {
      list_->remove(*own_);
    }
  }

 private:
  template <class>
  friend class basic_pressure_monitor;

  pressure_subscription(std::shared_ptr<detail::pressure_subscribers> list,
                        std::shared_ptr<detail::pressure_subscribers::subscriber> own)
      : list_{std::move(list)}, own_{std::move(own)} {
    list_->add(own_);
  }

  std::shared_ptr<detail::pressure_subscribers> list_;
  std::shared_ptr<detail::pressure_subscribers::subscriber> own_;
};

}  // namespace beat::inline v0
