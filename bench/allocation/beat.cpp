// SPDX-License-Identifier: MIT
// beat: a pool of objects.

#include <beat/memory/object_pool.hpp>

#include "problem.hpp"

namespace {

using allocation::object;

void beat_pool(benchmark::State& state) {
  beat::object_pool<object> pool;
  allocation::measure(state, [&] { return pool.allocate(); }, [&](object* o) { pool.deallocate(o); });
}
BENCHMARK(beat_pool)->Apply(allocation::with_lots);

}  // namespace
