// SPDX-License-Identifier: MIT
// std::sort, and the making of the numbers.

#include "problem.hpp"
#include "suite/suite.hpp"

namespace {

[[maybe_unused]] bool const prepared = suite::prepare([] { sort::inputs(); });

void serial(benchmark::State& state) {
  suite::pin(0);
  sort::measure(state, [](std::vector<double>& values) { std::sort(values.begin(), values.end()); });
}
BENCHMARK(serial)->Unit(benchmark::kMillisecond)->UseManualTime();

}  // namespace
