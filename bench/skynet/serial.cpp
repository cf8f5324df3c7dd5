// SPDX-License-Identifier: MIT
// Plain calls that are not inlined, as every one of them is a fork elsewhere; and, beside it, what the compiler makes
// of them where it may inline several levels.

#include "problem.hpp"
#include "suite/suite.hpp"

namespace {

using skynet::children;

/// The sum of the leaves [first, first + size).
[[gnu::noinline]] long sum(long first, long size) {
  if (size == 1) return first;
  long const part = size / children;
  long total = 0;
  for (long i = 0; i < children; ++i) total += sum(first + i * part, part);
  return total;
}

long sum_inlined(long first, long size) {
  if (size == 1) return first;
  long const part = size / children;
  long total = 0;
  for (long i = 0; i < children; ++i) total += sum_inlined(first + i * part, part);
  return total;
}

template <long (*Sum)(long, long)>
void plain(benchmark::State& state) {
  suite::pin(0);
  long size = skynet::leaves;
  benchmark::DoNotOptimize(size);
  for (auto _ : state) skynet::check(state, Sum(0, size));
}
BENCHMARK(plain<sum>)->Name("serial")->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(plain<sum_inlined>)->Name("inlined")->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
