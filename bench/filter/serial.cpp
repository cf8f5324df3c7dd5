// SPDX-License-Identifier: MIT
// std::copy_if, and the making of the numbers.

#include "problem.hpp"
#include "suite/suite.hpp"

namespace {

[[maybe_unused]] bool const prepared = suite::prepare([] { filter::inputs(); });

void serial(benchmark::State& state) {
  suite::pin(0);
  filter::measure(state, [](auto const& x, auto& y) {
    std::copy_if(x.begin(), x.end(), y.begin(), [](double value) { return filter::is_wanted(value); });
  });
}
BENCHMARK(serial)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
