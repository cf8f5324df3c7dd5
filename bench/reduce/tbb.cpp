// SPDX-License-Identifier: MIT
// oneTBB: parallel_reduce in as many parts as there are threads, as all elements cost the same.

#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/parallel_reduce.h>
#include <oneapi/tbb/partitioner.h>

#include <functional>
#include <numeric>

#include "problem.hpp"
#include "suite/tbb_arena.hpp"

namespace {

void tbb_reduce(benchmark::State& state) {
  suite::tbb_arena arena{state.range(0)};
  double const* const x = reduce::inputs().data();
  for (auto _ : state)
    reduce::check(state, arena.run([x] {
      return tbb::parallel_reduce(
          tbb::blocked_range<double const*>{x, x + reduce::size}, 0.0,
          [](tbb::blocked_range<double const*> const& part, double before) {
            return std::reduce(part.begin(), part.end(), before);
          },
          std::plus<>{}, tbb::static_partitioner{});
    }));
}
BENCHMARK(tbb_reduce)->Apply(reduce::with_workers);

}  // namespace
