// SPDX-License-Identifier: MIT
// oneTBB: a flow graph of continue_nodes.

#include <oneapi/tbb/flow_graph.h>

#include <deque>
#include <vector>

#include "problem.hpp"
#include "suite/tbb_arena.hpp"

namespace {

void tbb_flow_graph(benchmark::State& state) {
  using node = tbb::flow::continue_node<tbb::flow::continue_msg>;
  suite::tbb_arena arena{state.range(1)};
  graph_bench::work work{state.range(0)};
  arena.run([&] {  // a graph runs in the arena that it was made in
    auto const& predecessors = graph_bench::predecessors(state.range(0));
    tbb::flow::graph g;
    tbb::flow::broadcast_node<tbb::flow::continue_msg> start{g};
    std::deque<node> nodes;
    for (std::size_t i = 0; i < work.size(); ++i) {
      nodes.emplace_back(g, [&work, i](tbb::flow::continue_msg const&) { work(i); });
      for (std::size_t const p : predecessors[i]) tbb::flow::make_edge(nodes[p], nodes[i]);
      if (predecessors[i].empty()) tbb::flow::make_edge(start, nodes[i]);
    }
    auto const run = [&] {
      start.try_put(tbb::flow::continue_msg{});
      g.wait_for_all();
      work.check(state);
    };
    run();
    for (auto _ : state) run();
  });
}
BENCHMARK(tbb_flow_graph)->Apply(graph_bench::with_shapes_and_workers);

}  // namespace
