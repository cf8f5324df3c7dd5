#pragma once
// SPDX-License-Identifier: MIT
// How beat is measured: workers are bound to one CPU each, and the main thread only waits.

#include <beat.hpp>
#include <chrono>

#include "suite.hpp"

namespace suite {

class beat_pool {
 public:
  explicit beat_pool(long workers)
      : pool_{{.workers = static_cast<unsigned>(workers), .placement = beat::placement_policy::compact}} {}

  /// Runs `f` on a worker, and only there.
  template <class F>
  void run(F f) {
    auto done = pool_.submit(std::move(f));
    while (!done.wait_for(std::chrono::hours{1})) {
    }
    done.get();
  }

  beat::ThreadPool& operator*() noexcept { return pool_; }

 private:
  beat::ThreadPool pool_;
};

}  // namespace suite
