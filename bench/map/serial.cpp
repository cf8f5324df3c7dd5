// SPDX-License-Identifier: MIT
// A plain loop, and the making of the numbers.

#include "problem.hpp"
#include "suite/suite.hpp"

namespace {

[[maybe_unused]] bool const prepared = suite::prepare([] { map::inputs(); });

void serial(benchmark::State& state) {
  suite::pin(0);
  map::arrays arrays{state};
  for (auto _ : state) {
    std::transform(arrays.in.begin(), arrays.in.end(), arrays.out.begin(), map::image);
    benchmark::ClobberMemory();
  }
}
BENCHMARK(serial)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
