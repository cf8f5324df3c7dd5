#pragma once
// SPDX-License-Identifier: MIT
// How beat is measured: as users have it, with workers that the system places; the main thread, which enters the pool
// and runs the root, is bound to the first CPU. With BEAT_BENCH_PLACEMENT=compact or scatter it is the other way round:
// workers have CPUs of their own, and the main thread moves to the one that is free; this needs an ordinary priority,
// because the system lets a real-time thread wait for its own CPU though another one is idle.

#include <beat.hpp>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "suite.hpp"

namespace suite {

inline beat::placement_policy placement() {
  char const* const value = std::getenv("BEAT_BENCH_PLACEMENT");
  std::string_view const name = value != nullptr ? value : "";
  return name == "compact"   ? beat::placement_policy::compact
         : name == "scatter" ? beat::placement_policy::scatter
                             : beat::placement_policy::none;
}

class beat_pool {
 public:
  explicit beat_pool(long workers) : pool_{options(workers)} {
    if (placement() == beat::placement_policy::none) pin(0);
  }

  template <class F>
  decltype(auto) run(F&& f) {
    return pool_.run(std::forward<F>(f));
  }

  beat::ThreadPool& operator*() noexcept { return pool_; }

 private:
  static beat::pool_options options(long workers) {
    unpin();
    if (placement() != beat::placement_policy::none) use_ordinary_priority();
    return {.workers = static_cast<unsigned>(workers), .placement = placement()};
  }

  beat::ThreadPool pool_;
};

}  // namespace suite
