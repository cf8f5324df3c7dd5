// SPDX-License-Identifier: MIT
// Serial code: the nodes in topological order, in a loop.

#include "problem.hpp"

namespace {

[[maybe_unused]] bool const prepared = suite::prepare([] { graph_bench::predecessors(graph_bench::wavefront); });

void serial(benchmark::State& state) {
  suite::pin(0);
  graph_bench::work work{state.range(0)};
  for (auto _ : state) {
    for (std::size_t i = 0; i < work.size(); ++i) work(i);
    work.check(state);
  }
}
BENCHMARK(serial)->Apply(graph_bench::with_shapes);

}  // namespace
