// SPDX-License-Identifier: MIT
// Plain recursion, and the making of the trees.

#include "problem.hpp"

namespace {

[[maybe_unused]] bool const prepared = suite::prepare([] {
  tree_sum::tree(tree_sum::large);
  tree_sum::tree(tree_sum::small);
});

long sum(tree_sum::node const* n) {
  if (tree_sum::is_leaf(n)) return n->value;
  return n->value + sum(n->left.get()) + sum(n->right.get());
}

void serial(benchmark::State& state) {
  suite::pin(0);
  tree_sum::node const* const root = tree_sum::tree(state.range(0));
  for (auto _ : state) tree_sum::check(state, sum(root));
}
BENCHMARK(serial)->ArgName("levels")->Arg(tree_sum::small)->Arg(tree_sum::large)->UseRealTime();

}  // namespace
