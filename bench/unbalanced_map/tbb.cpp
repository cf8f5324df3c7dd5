// SPDX-License-Identifier: MIT
// oneTBB: parallel_for with the partitioner that divides further where somebody is idle.

#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/parallel_for.h>

#include "problem.hpp"
#include "suite/tbb_arena.hpp"

namespace {

using namespace unbalanced_map;

void tbb_parallel_for(benchmark::State& state) {
  suite::tbb_arena arena{state.range(0)};
  output result(size);
  for (auto _ : state) {
    arena.run([&] {
      tbb::parallel_for(
          tbb::blocked_range<std::size_t>{0, size},
          [&result](tbb::blocked_range<std::size_t> const& part) {
            for (std::size_t i = part.begin(); i != part.end(); ++i) result[i] = spin(inputs().steps[i]);
          },
          tbb::auto_partitioner{});
    });
    check(state, result);
  }
}
BENCHMARK(tbb_parallel_for)->Apply(with_workers);

}  // namespace
