// SPDX-License-Identifier: MIT
// beat: a potentially parallel call per node, forked for the right subtree, so that one worker walks memory in order.

#include <beat.hpp>

#include "problem.hpp"

namespace {

long sum(tree_sum::node const* n) {
  if (n == nullptr) return 0;
  auto right = beat::pcall([n] { return sum(n->right.get()); });
  long const left = sum(n->left.get());
  return n->value + left + right.get();
}

void beat_pcall(benchmark::State& state) {
  auto const levels = static_cast<int>(state.range(0));
  tree_sum::node const* const root = tree_sum::tree(levels);
  beat::ThreadPool pool{static_cast<unsigned>(state.range(1))};
  for (auto _ : state) tree_sum::report(state, levels, pool.run([root] { return sum(root); }));
}
BENCHMARK(beat_pcall)->ArgNames({"levels", "workers"})->ArgsProduct({{10, 22}, {1, 2}})->UseRealTime();

}  // namespace
