// SPDX-License-Identifier: MIT
// oneTBB: parallel_pipeline.

#include <oneapi/tbb/parallel_pipeline.h>

#include "problem.hpp"
#include "suite/tbb_arena.hpp"

namespace {

void tbb_pipeline(benchmark::State& state) {
  suite::tbb_arena arena{state.range(0)};
  pipeline_bench::sink sink;
  for (auto _ : state) {
    std::uint64_t next = 0;
    arena.run([&] {
      tbb::parallel_pipeline(
          pipeline_bench::tokens,
          tbb::make_filter<void, std::uint64_t>(tbb::filter_mode::serial_in_order,
                                                [&](tbb::flow_control& control) -> std::uint64_t {
                                                  if (next == pipeline_bench::values) {
                                                    control.stop();
                                                    return 0;
                                                  }
                                                  return next++;
                                                }) &
              tbb::make_filter<std::uint64_t, std::uint64_t>(tbb::filter_mode::parallel, &pipeline_bench::work) &
              tbb::make_filter<std::uint64_t, void>(tbb::filter_mode::serial_in_order,
                                                    [&](std::uint64_t value) { sink.add(value); }));
    });
    sink.check(state);
  }
}
BENCHMARK(tbb_pipeline)->Apply(pipeline_bench::with_workers);

}  // namespace
