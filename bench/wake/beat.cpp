// SPDX-License-Identifier: MIT
// beat: a posted task.

#include "problem.hpp"
#include "suite/beat_pool.hpp"

namespace {

[[maybe_unused]] bool const prepared = suite::prepare([] { suite::use_ordinary_priority(); });

void beat_post(benchmark::State& state) {
  suite::beat_pool pool{2};
  wake::measure(state, [&](auto work) { (*pool).post(work); });
}
WAKE_BENCHMARK(beat_post);

}  // namespace
