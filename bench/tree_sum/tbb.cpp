// SPDX-License-Identifier: MIT
// oneTBB: parallel_invoke for each node.

#include <oneapi/tbb/parallel_invoke.h>

#include "problem.hpp"
#include "suite/tbb_arena.hpp"

namespace {

using tree_sum::is_leaf;

long sum(tree_sum::node const* n) {
  if (is_leaf(n)) return n->value;
  long left = 0, right = 0;
  tbb::parallel_invoke([&] { left = sum(n->left.get()); }, [&] { right = sum(n->right.get()); });
  return n->value + left + right;
}

void tbb_invoke(benchmark::State& state) {
  tree_sum::node const* const root = tree_sum::tree(state.range(0));
  suite::tbb_arena arena{state.range(1)};
  for (auto _ : state) tree_sum::check(state, arena.run([root] { return sum(root); }));
}
BENCHMARK(tbb_invoke)->Apply(tree_sum::with_workers);

}  // namespace
