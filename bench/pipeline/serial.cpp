// SPDX-License-Identifier: MIT
// Serial code: a loop.

#include "problem.hpp"

namespace {

void serial(benchmark::State& state) {
  suite::pin(0);
  pipeline_bench::sink sink;
  for (auto _ : state) {
    for (std::uint64_t i = 0; i < pipeline_bench::values; ++i) sink.add(pipeline_bench::work(i));
    sink.check(state);
  }
}
BENCHMARK(serial)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
