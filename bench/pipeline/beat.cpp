// SPDX-License-Identifier: MIT
// beat: pipeline.

#include <optional>

#include "problem.hpp"
#include "suite/beat_pool.hpp"

namespace {

void beat_pipeline(benchmark::State& state) {
  suite::beat_pool pool{state.range(0)};
  pipeline_bench::sink sink;
  std::uint64_t next = 0;
  beat::pipeline p{[&]() -> std::optional<std::uint64_t> {
                     if (next == pipeline_bench::values) return {};
                     return next++;
                   },
                   beat::parallel(&pipeline_bench::work),
                   beat::serial_in_order([&](std::uint64_t value) { sink.add(value); })};
  for (auto _ : state) {
    next = 0;
    p.run(*pool, {.tokens = pipeline_bench::tokens});
    sink.check(state);
  }
}
BENCHMARK(beat_pipeline)->Apply(pipeline_bench::with_workers);

}  // namespace
