#pragma once
// SPDX-License-Identifier: MIT
// tree_sum: a binary tree of heap nodes, in depth-first order; a fork per inner node, one addition of work a node. The
// small tree is summed again and again: it is too short to be shared. Peers whose forks cost more do without the
// largest.

#include <benchmark/benchmark.h>

#include <memory>

#include "suite/suite.hpp"

namespace tree_sum {

struct node {
  long value = 0;
  std::unique_ptr<node> left, right;
};

inline std::unique_ptr<node> make(int levels, long& next) {
  if (levels == 0) return nullptr;
  auto n = std::make_unique<node>();
  n->value = next++;
  n->left = make(levels - 1, next);
  n->right = make(levels - 1, next);
  return n;
}

inline constexpr int large = 24;
inline constexpr int small = 10;

/// Each node has two children or none.
inline bool is_leaf(node const* n) { return n->left == nullptr; }

inline long touch(node const* n) {
  return is_leaf(n) ? n->value : n->value + touch(n->left.get()) + touch(n->right.get());
}

/// The tree with 2^levels - 1 nodes and the values 0, 1, 2, ..., all of it mapped into this process.
inline node const* tree(long levels) {
  static std::unique_ptr<node> roots[2];
  std::unique_ptr<node>& root = roots[levels == large ? 0 : 1];
  long next = 0;
  if (!root) root = make(static_cast<int>(levels), next);
  benchmark::DoNotOptimize(touch(root.get()));
  return root.get();
}

/// Checks the answer.
inline void check(benchmark::State& state, long result) {
  long const nodes = (1L << state.range(0)) - 1;
  if (result != nodes * (nodes - 1) / 2) state.SkipWithError("wrong answer");
}

/// The arguments of every competitor that has workers.
inline void with_workers(benchmark::internal::Benchmark* b) {
  b->ArgNames({"levels", "workers"})->UseRealTime()->ArgsProduct({{small, large}, {1, 2}});
}

}  // namespace tree_sum
