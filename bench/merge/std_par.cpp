// SPDX-License-Identifier: MIT
// The standard's parallel algorithms, as libstdc++ builds them on oneTBB, which has no merge of its own.

#include <execution>

#include "problem.hpp"
#include "suite/tbb_arena.hpp"

namespace {

void std_par_unseq(benchmark::State& state) {
  suite::tbb_arena arena{state.range(0)};
  merge::measure(state, [&](auto const& a, auto const& b, auto& output) {
    arena.run([&] { std::merge(std::execution::par_unseq, a.begin(), a.end(), b.begin(), b.end(), output.begin()); });
  });
}
BENCHMARK(std_par_unseq)->Apply(merge::with_workers);

}  // namespace
