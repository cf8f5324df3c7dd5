// SPDX-License-Identifier: MIT
// oneTBB: tasks that are enqueued, and a task_group whose producer is a thread of the arena.

#include <oneapi/tbb/task_group.h>

#include "problem.hpp"
#include "suite/tbb_arena.hpp"

namespace {

submit::tally done;

void tbb_enqueue(benchmark::State& state) {
  suite::tbb_arena arena{state.range(1)};
  tbb::task_group all;
  submit::measure(
      state, done, submit::tasks,
      [&](long n) {
        for (long i = 0; i < n; ++i) arena.enqueue(all.defer([] { done.count(); }));
      },
      [&] { arena.run([&] { all.wait(); }); });
}
BENCHMARK(tbb_enqueue)->Apply(submit::with_producers);

void tbb_group(benchmark::State& state) {
  suite::tbb_arena arena{state.range(1)};
  submit::measure(
      state, done, submit::tasks,
      [&](long n) {
        arena.run([n] {
          tbb::task_group group;
          for (long i = 0; i < n; ++i) group.run([] { done.count(); });
          group.wait();
        });
      },
      [] {});
}
BENCHMARK(tbb_group)->Apply(submit::with_producers);

}  // namespace
