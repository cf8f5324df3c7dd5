#pragma once
// SPDX-License-Identifier: MIT
// How oneTBB is measured: an arena of so many threads, the main thread one of them, each bound to a CPU.

#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/task_scheduler_observer.h>

#include <utility>

#include "suite.hpp"

namespace suite {

class tbb_arena {
 public:
  explicit tbb_arena(long workers)
      : limit_{tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(workers)},
        arena_{static_cast<int>(workers)},
        pins_{arena_} {}

  template <class F>
  decltype(auto) run(F&& f) {
    return arena_.execute(f);
  }

  template <class F>
  void enqueue(F&& f) {
    arena_.enqueue(std::forward<F>(f));
  }

 private:
  struct observer : tbb::task_scheduler_observer {
    explicit observer(tbb::task_arena& arena) : task_scheduler_observer{arena} { observe(true); }
    ~observer() override { observe(false); }
    void on_scheduler_entry(bool) override { pin(static_cast<unsigned>(tbb::this_task_arena::current_thread_index())); }
  };

  tbb::global_control limit_;
  tbb::task_arena arena_;
  observer pins_;
};

}  // namespace suite
