// SPDX-License-Identifier: MIT
// Plain recursion.

#include "problem.hpp"

namespace {

long sum(tree_sum::node const* n) { return n == nullptr ? 0 : n->value + sum(n->left.get()) + sum(n->right.get()); }

void serial(benchmark::State& state) {
  auto const levels = static_cast<int>(state.range(0));
  tree_sum::node const* const root = tree_sum::tree(levels);
  for (auto _ : state) tree_sum::report(state, levels, sum(root));
}
BENCHMARK(serial)->ArgName("levels")->Arg(10)->Arg(22)->UseRealTime();

}  // namespace
