// SPDX-License-Identifier: MIT
// The C library's malloc.

#include <cstdlib>

#include "problem.hpp"

namespace {

using allocation::object;

void malloc(benchmark::State& state) {
  allocation::measure(
      state, [] { return static_cast<object*>(std::malloc(sizeof(object))); }, [](object* o) { std::free(o); });
}
BENCHMARK(malloc)->Apply(allocation::in_any_thread);

}  // namespace
