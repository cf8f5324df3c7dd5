// SPDX-License-Identifier: MIT
// beat: graph.

#include <vector>

#include "problem.hpp"
#include "suite/beat_pool.hpp"

namespace {

void beat_graph(benchmark::State& state) {
  suite::beat_pool pool{state.range(1)};
  graph_bench::work work{state.range(0)};
  beat::graph g;
  std::vector<beat::graph_node> nodes;
  for (std::size_t i = 0; i < work.size(); ++i) {
    nodes.push_back(g.add([&work, i] { work(i); }));
    for (std::size_t const p : graph_bench::predecessors(state.range(0))[i]) nodes[i].after(nodes[p]);
  }
  g.run(*pool);
  work.check(state);
  for (auto _ : state) {
    g.run(*pool);
    work.check(state);
  }
}
BENCHMARK(beat_graph)->Apply(graph_bench::with_shapes_and_workers);

}  // namespace
