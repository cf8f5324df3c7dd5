// SPDX-License-Identifier: MIT
// stable_sort: the numbers of sort, by std::stable_sort.

#include "sort/problem.hpp"
#include "suite/suite.hpp"

namespace {

[[maybe_unused]] bool const prepared = suite::prepare([] { sort::inputs(); });

void serial(benchmark::State& state) {
  suite::pin(0);
  sort::measure(state, [](std::vector<double>& values) { std::stable_sort(values.begin(), values.end()); });
}
BENCHMARK(serial)->Unit(benchmark::kMillisecond)->UseManualTime();

}  // namespace
