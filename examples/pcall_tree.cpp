// SPDX-License-Identifier: MIT
// pcall_tree: the sum of a search tree, with one potentially parallel call per node and no cut-off.

#include <beat.hpp>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <numeric>
#include <random>
#include <vector>

namespace {

struct node {
  long key = 0;
  std::unique_ptr<node> left, right;
};

long serial_sum(node const* n) {
  if (n == nullptr) return 0;
  return n->key + serial_sum(n->left.get()) + serial_sum(n->right.get());
}

// Another thread may take the right subtree while this one sums the left. If nobody does, get() is a plain call: so
// fork what the serial code does second, and memory is walked in the same order.
long parallel_sum(node const* n) {
  if (n == nullptr) return 0;
  if (n->right == nullptr) return n->key + parallel_sum(n->left.get());  // nothing to share
  auto right = beat::pcall([n] { return parallel_sum(n->right.get()); });
  long const left = parallel_sum(n->left.get());
  return n->key + left + right.get();
}

// The keys come in random order, as they do in life: no branch is balanced, and neighbours are far apart in memory.
std::unique_ptr<node> make_tree(long size) {
  std::vector<long> keys(static_cast<std::size_t>(size));
  std::iota(keys.begin(), keys.end(), 0);
  std::shuffle(keys.begin(), keys.end(), std::mt19937{1});
  std::unique_ptr<node> root;
  for (long const key : keys) {
    std::unique_ptr<node>* place = &root;
    while (*place) place = key < (*place)->key ? &(*place)->left : &(*place)->right;
    *place = std::make_unique<node>();
    (*place)->key = key;
  }
  return root;
}

template <class F>
double milliseconds(F&& f) {
  auto const start = std::chrono::steady_clock::now();
  f();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

int main() {
  constexpr long nodes = 500'000;
  std::unique_ptr<node> const root = make_tree(nodes);  // with the keys 0, 1, 2, ...
  beat::ThreadPool pool;
  long serial = 0, parallel = 0;
  double serial_time = 1e9, parallel_time = 1e9;
  for (int round = 0; round < 10; ++round) {  // in turns, so that whatever else the machine does hits both
    serial_time = std::min(serial_time, milliseconds([&] { serial = serial_sum(root.get()); }));
    parallel_time =
        std::min(parallel_time, milliseconds([&] { parallel = pool.run([&] { return parallel_sum(root.get()); }); }));
  }

  std::cout << nodes << " nodes, best of 10 rounds:\n"
            << "  serial  " << serial_time << " ms\n"
            << "  pcall   " << parallel_time << " ms on " << pool.workers()
            << " workers: " << serial_time / parallel_time << " times as fast\n"
            << "  the pool: " << pool.stats() << '\n';
  return serial == nodes * (nodes - 1) / 2 && parallel == serial ? 0 : 1;
}
