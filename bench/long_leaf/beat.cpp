// SPDX-License-Identifier: MIT
// beat: a join of the two.

#include "problem.hpp"
#include "suite/beat_pool.hpp"

namespace {

[[maybe_unused]] bool const prepared = suite::prepare([] { suite::use_ordinary_priority(); });

void beat_join(benchmark::State& state) {
  suite::beat_pool pool{2};
  long_leaf::measure(state, [&](auto f, auto g) { pool.run([&] { beat::join(f, g); }); });
}
BENCHMARK(beat_join)->Apply(long_leaf::after_idleness);

}  // namespace
