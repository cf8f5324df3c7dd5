#pragma once
// SPDX-License-Identifier: MIT
// tree_sum: a binary tree of heap nodes, in depth-first order; a fork per node, one addition of work.

#include <benchmark/benchmark.h>

#include <memory>

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

/// The tree with 2^levels - 1 nodes, made once, with the values 0, 1, 2, ...
inline node const* tree(int levels) {
  static int made = 0;
  static std::unique_ptr<node> root;
  if (made != levels) {
    long next = 0;
    root = make(levels, next);
    made = levels;
  }
  return root.get();
}

/// Checks the answer and reports the time per node.
inline void report(benchmark::State& state, int levels, long result) {
  long const nodes = (1L << levels) - 1;
  if (result != nodes * (nodes - 1) / 2) state.SkipWithError("wrong answer");
  state.counters["per_node"] = benchmark::Counter(
      static_cast<double>(nodes), benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

}  // namespace tree_sum
