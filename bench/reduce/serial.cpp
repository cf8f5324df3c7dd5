// SPDX-License-Identifier: MIT
// std::reduce, which brackets the sum so that additions need not wait; and the making of the numbers.

#include <numeric>

#include "problem.hpp"
#include "suite/suite.hpp"

namespace {

[[maybe_unused]] bool const prepared = suite::prepare([] { reduce::inputs(); });

void serial(benchmark::State& state) {
  suite::pin(0);
  std::vector<double> const& x = reduce::inputs();
  for (auto _ : state) {
    reduce::check(state, std::reduce(x.begin(), x.end()));
    benchmark::ClobberMemory();
  }
}
BENCHMARK(serial)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
