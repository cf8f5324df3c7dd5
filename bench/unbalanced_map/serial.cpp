// SPDX-License-Identifier: MIT
// A plain loop, and the making of the elements.

#include "problem.hpp"
#include "suite/suite.hpp"

namespace {

using namespace unbalanced_map;

[[maybe_unused]] bool const prepared = suite::prepare([] { inputs(); });

void serial(benchmark::State& state) {
  suite::pin(0);
  output result(size);
  for (auto _ : state) {
    for (std::size_t i = 0; i < size; ++i) result[i] = spin(inputs().steps[i]);
    check(state, result);
  }
}
BENCHMARK(serial)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
