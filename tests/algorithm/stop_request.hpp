#pragma once
// SPDX-License-Identifier: MIT
// A stop request that comes from one of the elements of an algorithm, and how many it begins after that.

#include <atomic>
#include <stop_token>

namespace algorithm_test {

class stop_request {
 public:
  std::stop_token token() const noexcept { return stop_.get_token(); }

  /// To be called first for each element; `here`: whether it is the one that requests the stop.
  void begin(bool here) {
    if (is_made_) ++late_;
    if (!here) return;
    stop_.request_stop();
    is_made_ = true;
  }

  /// How many elements were begun after the request.
  unsigned late() const noexcept { return late_; }

 private:
  std::stop_source stop_;
  std::atomic<bool> is_made_{false};
  std::atomic<unsigned> late_{0};
};

}  // namespace algorithm_test
