// SPDX-License-Identifier: MIT
// The standard library's pools for several threads. libstdc++'s take minutes where another thread frees.

#include <memory_resource>

#include "problem.hpp"

namespace {

using allocation::object;

void std_pmr(benchmark::State& state) {
  std::pmr::synchronized_pool_resource pool;
  allocation::measure(
      state, [&] { return static_cast<object*>(pool.allocate(sizeof(object), alignof(object))); },
      [&](object* o) { pool.deallocate(o, sizeof(object), alignof(object)); });
}
BENCHMARK(std_pmr)->Apply(allocation::in_the_same_thread);

}  // namespace
