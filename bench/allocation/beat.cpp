// SPDX-License-Identifier: MIT
// beat: a pool of objects, and the resource for blocks of many sizes.

#include <beat/memory/object_pool.hpp>
#include <beat/memory/slab_resource.hpp>

#include "problem.hpp"

namespace {

using allocation::object;

void beat_pool(benchmark::State& state) {
  beat::object_pool<object> pool;
  allocation::measure(state, [&] { return pool.allocate(); }, [&](object* o) { pool.deallocate(o); });
}
BENCHMARK(beat_pool)->Apply(allocation::in_any_thread);

void beat_slab(benchmark::State& state) {
  beat::slab_resource slab;
  allocation::measure(
      state, [&] { return static_cast<object*>(slab.allocate(sizeof(object), alignof(object))); },
      [&](object* o) { slab.deallocate(o, sizeof(object), alignof(object)); });
}
BENCHMARK(beat_slab)->Apply(allocation::in_any_thread);

}  // namespace
