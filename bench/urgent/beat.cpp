// SPDX-License-Identifier: MIT
// beat: a posted task of high priority among low ones.

#include "problem.hpp"
#include "suite/beat_pool.hpp"

namespace {

[[maybe_unused]] bool const prepared = suite::prepare([] { suite::use_ordinary_priority(); });

void beat_high(benchmark::State& state) {
  suite::beat_pool pool{1};
  suite::unpin();
  urgent::measure(
      state, [&](auto work) { (*pool).post(work, {.priority = beat::priority::low}); },
      [&](auto work) { (*pool).post(work, {.priority = beat::priority::high}); });
}
BENCHMARK(beat_high)->Apply(urgent::often);

}  // namespace
