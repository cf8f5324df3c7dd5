// SPDX-License-Identifier: MIT
// oneTBB: parallel_for over a range, inside of an arena whose threads are awake.

#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/parallel_for.h>

#include "problem.hpp"
#include "suite/tbb_arena.hpp"

namespace {

void tbb_parallel_for(benchmark::State& state) {
  suite::tbb_arena arena{state.range(1)};
  region::numbers x{state};
  arena.run([&] {
    double* const data = x.data();
    for (auto _ : state) {
      tbb::parallel_for(tbb::blocked_range<std::size_t>{0, x.size()}, [data](auto const& part) {
        for (std::size_t i = part.begin(); i != part.end(); ++i) data[i] += 1;
      });
      benchmark::ClobberMemory();
    }
  });
}
BENCHMARK(tbb_parallel_for)->Apply(region::sizes_on_two);

}  // namespace
