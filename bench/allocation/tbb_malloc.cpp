// SPDX-License-Identifier: MIT
// oneTBB's allocator.

#include <oneapi/tbb/scalable_allocator.h>

#include "problem.hpp"

namespace {

using allocation::object;

void tbb_malloc(benchmark::State& state) {
  allocation::measure(
      state, [] { return static_cast<object*>(scalable_malloc(sizeof(object))); }, [](object* o) { scalable_free(o); });
}
BENCHMARK(tbb_malloc)->Apply(allocation::in_any_thread);

}  // namespace
