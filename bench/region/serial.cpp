// SPDX-License-Identifier: MIT
// A plain loop.

#include "problem.hpp"
#include "suite/suite.hpp"

namespace {

void serial(benchmark::State& state) {
  suite::pin(0);
  region::numbers x{state};
  double* const data = x.data();
  for (auto _ : state) {
    for (std::size_t i = 0; i < x.size(); ++i) data[i] += 1;
    benchmark::ClobberMemory();
  }
}
BENCHMARK(serial)->Apply(region::sizes);

}  // namespace
