// SPDX-License-Identifier: MIT
// beat: a join or a potentially parallel call per node; the right subtree is what may be taken, so that one worker
// walks memory in order.

#include <chrono>
#include <thread>

#include "problem.hpp"
#include "suite/beat_pool.hpp"

namespace {

using tree_sum::node;

long sum_join(node const* n) {
  if (n == nullptr) return 0;
  auto const [left, right] =
      beat::join([n] { return sum_join(n->left.get()); }, [n] { return sum_join(n->right.get()); });
  return n->value + left + right;
}

long sum_pcall(node const* n) {
  if (n == nullptr) return 0;
  auto right = beat::pcall([n] { return sum_pcall(n->right.get()); });
  long const left = sum_pcall(n->left.get());
  return n->value + left + right.get();
}

// The loop is outside of the pool, as it would be in a program: every iteration enters it.
template <long (*Sum)(node const*)>
void enter_each_time(benchmark::State& state) {
  node const* const root = tree_sum::tree(state.range(0));
  suite::beat_pool pool{state.range(1)};
  for (auto _ : state) tree_sum::check(state, (*pool).run([root] { return Sum(root); }));
}
BENCHMARK(enter_each_time<sum_join>)->Name("beat_join")->Apply(tree_sum::with_workers);
BENCHMARK(enter_each_time<sum_pcall>)->Name("beat_pcall")->Apply(tree_sum::with_workers);

}  // namespace
