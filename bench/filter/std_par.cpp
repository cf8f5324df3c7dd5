// SPDX-License-Identifier: MIT
// The standard's parallel algorithms, as libstdc++ builds them on oneTBB.

#include <execution>

#include "problem.hpp"
#include "suite/tbb_arena.hpp"

namespace {

void std_par_unseq(benchmark::State& state) {
  suite::tbb_arena arena{state.range(0)};
  filter::measure(state, [&](auto const& x, auto& y) {
    arena.run([&] {
      std::copy_if(std::execution::par_unseq, x.begin(), x.end(), y.begin(),
                   [](double value) { return filter::is_wanted(value); });
    });
  });
}
BENCHMARK(std_par_unseq)->Apply(filter::with_workers);

}  // namespace
