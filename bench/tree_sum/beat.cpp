// SPDX-License-Identifier: MIT
// beat: a join or a potentially parallel call per node; the right subtree is what may be taken, so that one worker
// walks memory in order.

#include <chrono>
#include <thread>

#include "problem.hpp"
#include "suite/beat_pool.hpp"

namespace {

using tree_sum::is_leaf;
using tree_sum::node;

long sum_join(node const* n) {
  if (is_leaf(n)) return n->value;
  auto const [left, right] =
      beat::join([n] { return sum_join(n->left.get()); }, [n] { return sum_join(n->right.get()); });
  return n->value + left + right;
}

long sum_pcall(node const* n) {
  if (is_leaf(n)) return n->value;
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
BENCHMARK(enter_each_time<sum_join>)
    ->Name("beat_join")
    ->Apply(tree_sum::with_workers)
    ->Args({tree_sum::small, 4});  // on 2 CPUs, too many
BENCHMARK(enter_each_time<sum_pcall>)->Name("beat_pcall")->Apply(tree_sum::with_workers);

// A hundred entries in a row after the pool has fallen asleep; the time is that of one.
void rested(benchmark::State& state) {
  constexpr int entries = 100;
  node const* const root = tree_sum::tree(state.range(0));
  suite::beat_pool pool{state.range(1)};
  using clock = std::chrono::steady_clock;
  tree_sum::check(state, (*pool).run([root] { return sum_join(root); }));
  for (auto _ : state) {
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
    auto const start = clock::now();
    for (int i = 0; i < entries; ++i) tree_sum::check(state, (*pool).run([root] { return sum_join(root); }));
    state.SetIterationTime(std::chrono::duration<double>(clock::now() - start).count() / entries);
  }
}
BENCHMARK(rested)
    ->Name("beat_join_rested")
    ->ArgNames({"levels", "workers"})
    ->ArgsProduct({{tree_sum::small}, {1, 2}})
    ->UseManualTime()
    ->Iterations(20);

}  // namespace
