// SPDX-License-Identifier: MIT
// nodes: work goes where its data is. On a machine with one NUMA node, or where threads can't be bound, it all works,
// too.

#include <beat.hpp>

#include <iostream>
#include <numeric>
#include <vector>

int main() {
  beat::topology const machine = beat::discover();
  beat::ThreadPool pool{{.placement = beat::placement_policy::scatter, .machine = machine}};  // workers on all nodes

  // A hint: a worker of the node should do it, but rather another one than nobody. Who touches memory first decides on
  // which node its pages are.
  std::vector<beat::future<std::vector<double>>> parts;
  for (unsigned node = 0; node < machine.nodes().size(); ++node)
    parts.push_back(
        pool.submit([] { return std::vector<double>(1'000'000, 1.0); }, {.affinity_hint = beat::node_id{node}}));

  // A loop which follows the pages: the workers of a node begin with those that are there.
  double sum = 0;
  for (beat::future<std::vector<double>>& part : parts) {
    std::vector<double> values = part.get();
    beat::parallel_for_each_by_node(pool, values, [](double& value) { value *= 2; });
    sum += std::accumulate(values.begin(), values.end(), 0.0);
  }

  // A pin: on a CPU of this node, or not at all.
  beat::cpu_set const allowed =
      pool.submit([] { return beat::this_thread_affinity(); }, {.pinned_to = beat::node_id{0}}).get();
  std::cout << "a task pinned to node 0 may run on the CPUs " << to_string(allowed) << '\n';

  // The pool moves: next to each other, or wherever the system likes.
  for (auto const placement : {beat::placement_policy::compact, beat::placement_policy::none}) {
    std::size_t bound = 0;
    for (beat::expected<void> const& worker : pool.rebind(placement)) bound += worker ? 1U : 0U;
    std::cout << bound << " of " << pool.workers() << " workers have moved\n";
  }

  bool const as_expected = sum == 2e6 * static_cast<double>(machine.nodes().size()) && !allowed.empty();
  std::cout << (as_expected ? "all as expected\n" : "something is NOT as expected\n");
  return as_expected ? 0 : 1;
}
