// SPDX-License-Identifier: MIT
// Plain recursion.

#include "problem.hpp"
#include "suite/suite.hpp"

namespace {

using skynet::children;

/// The sum of the leaves [first, first + size).
long sum(long first, long size) {
  if (size == 1) return first;
  long const part = size / children;
  long total = 0;
  for (long i = 0; i < children; ++i) total += sum(first + i * part, part);
  return total;
}

void serial(benchmark::State& state) {
  suite::pin(0);
  long size = skynet::leaves;
  benchmark::DoNotOptimize(size);
  for (auto _ : state) skynet::check(state, sum(0, size));
}
BENCHMARK(serial)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
