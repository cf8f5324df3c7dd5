// SPDX-License-Identifier: MIT
// std::sort, and the making of the numbers.

#include "problem.hpp"
#include "suite/suite.hpp"

namespace {

[[maybe_unused]] bool const prepared = suite::prepare([] {
  for (long kind = sort::uniform; kind <= sort::organ_pipe; ++kind) sort::inputs(kind);
});

void serial(benchmark::State& state) {
  suite::pin(0);
  sort::measure(state, [](std::vector<double>& values) { std::sort(values.begin(), values.end()); });
}
BENCHMARK(serial)->Unit(benchmark::kMillisecond)->UseManualTime();

void serial_pattern(benchmark::State& state) {
  suite::pin(0);
  sort::measure(state, [](std::vector<double>& values) { std::sort(values.begin(), values.end()); }, state.range(0));
}
BENCHMARK(serial_pattern)
    ->ArgName("pattern")
    ->DenseRange(sort::sorted, sort::organ_pipe)
    ->Unit(benchmark::kMillisecond)
    ->UseManualTime();

}  // namespace
