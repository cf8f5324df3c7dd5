#pragma once
// SPDX-License-Identifier: MIT
// How beat is measured: as users have it, with workers that the system places; the main thread, which enters the pool
// and runs the root, is bound to the first CPU.

#include <beat.hpp>
#include <utility>

#include "suite.hpp"

namespace suite {

class beat_pool {
 public:
  explicit beat_pool(long workers) : pool_{(unpin(), static_cast<unsigned>(workers))} { pin(0); }

  template <class F>
  decltype(auto) run(F&& f) {
    return pool_.run(std::forward<F>(f));
  }

  beat::ThreadPool& operator*() noexcept { return pool_; }

 private:
  beat::ThreadPool pool_;
};

}  // namespace suite
