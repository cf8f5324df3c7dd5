// SPDX-License-Identifier: MIT
// oneTBB: an enqueued task.

#include "problem.hpp"
#include "suite/tbb_arena.hpp"

namespace {

void tbb_enqueue(benchmark::State& state) {
  suite::tbb_arena arena{2};
  wake::measure(state, [&](auto work) { arena.enqueue(work); });
}
WAKE_BENCHMARK(tbb_enqueue);

}  // namespace
