// SPDX-License-Identifier: MIT
// std::merge, and the making of the numbers.

#include "problem.hpp"
#include "suite/suite.hpp"

namespace {

[[maybe_unused]] bool const prepared = suite::prepare([] { merge::inputs(); });

void serial(benchmark::State& state) {
  suite::pin(0);
  merge::measure(state, [](auto const& a, auto const& b, auto& output) {
    std::merge(a.begin(), a.end(), b.begin(), b.end(), output.begin());
  });
}
BENCHMARK(serial)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
