// SPDX-License-Identifier: MIT
// OpenMP: a task for each left subtree.

#include "problem.hpp"
#include "suite/openmp_team.hpp"

namespace {

using tree_sum::is_leaf;

long sum(tree_sum::node const* n) {
  if (is_leaf(n)) return n->value;
  long left = 0;
#pragma omp task default(none) shared(left) firstprivate(n)
  left = sum(n->left.get());
  long const right = sum(n->right.get());
#pragma omp taskwait
  return n->value + left + right;
}

void openmp(benchmark::State& state) {
  tree_sum::node const* const root = tree_sum::tree(state.range(0));
  int const threads = suite::openmp_team(state.range(1));
  for (auto _ : state) {
    long result = 0;
#pragma omp parallel num_threads(threads)
#pragma omp single
    result = sum(root);
    tree_sum::check(state, result);
  }
}
BENCHMARK(openmp)->Apply(tree_sum::with_workers);

}  // namespace
