// SPDX-License-Identifier: MIT
// std::inclusive_scan, and the making of the numbers.

#include <numeric>

#include "problem.hpp"
#include "suite/suite.hpp"

namespace {

[[maybe_unused]] bool const prepared = suite::prepare([] { scan::inputs(); });

void serial(benchmark::State& state) {
  suite::pin(0);
  scan::measure(state, [](auto const& x, auto& y) { std::inclusive_scan(x.begin(), x.end(), y.begin()); });
}
BENCHMARK(serial)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
