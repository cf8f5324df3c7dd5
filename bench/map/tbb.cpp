// SPDX-License-Identifier: MIT
// oneTBB: parallel_for in as many parts as there are threads, as all elements cost the same.

#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/partitioner.h>

#include "problem.hpp"
#include "suite/tbb_arena.hpp"

namespace {

void tbb_parallel_for(benchmark::State& state) {
  suite::tbb_arena arena{state.range(0)};
  map::arrays arrays{state};
  double const* const in = arrays.in.data();
  double* const out = arrays.out.data();
  for (auto _ : state) {
    arena.run([in, out] {
      tbb::parallel_for(
          tbb::blocked_range<std::size_t>{0, map::size},
          [in, out](tbb::blocked_range<std::size_t> const& part) {
            std::transform(in + part.begin(), in + part.end(), out + part.begin(), map::image);
          },
          tbb::static_partitioner{});
    });
    benchmark::ClobberMemory();
  }
}
BENCHMARK(tbb_parallel_for)->Apply(map::with_workers);

}  // namespace
