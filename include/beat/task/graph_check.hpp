#pragma once
// SPDX-License-Identifier: MIT
// What is done with a graph once after each change, before it runs: nodes learn whom they await, and what could never
// run is an error that names the nodes.

#include <cstddef>
#include <string>
#include <vector>

#include <beat/base/error.hpp>
#include <beat/task/graph_state.hpp>

namespace beat::inline v0::detail {

[[noreturn]] BEAT_NO_INLINE inline void refuse_running(graph_state const& g) {
  throw error{errc::invalid_argument, "the graph '" + g.name + "' runs: change it, or run it again, once it has ended"};
}

/// *Throws:* error{invalid_argument} while the graph runs.
inline void require_rest(graph_state& g) {
  if (g.root().is_busy.load(std::memory_order_relaxed)) refuse_running(g);
}

/// The names of nodes that are after each other, as 'a -> b -> a'; of many only those at both ends.
inline std::string to_path(std::vector<graph_task const*> const& nodes) {
  constexpr std::size_t shown = 16;
  std::string text;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (i != 0) text += " -> ";
    if (i == shown && nodes.size() > 2 * shown) {
      i = nodes.size() - shown;
      text += "... -> ";
    }
    text += nodes[i]->label();
  }
  return text;
}

/// A cycle among the nodes that still await others: each is after one of these.
inline std::vector<graph_task const*> find_cycle(graph_state const& g) {
  auto const is_left = [](graph_task const& n) { return n.awaited.load(std::memory_order_relaxed) != 0; };
  std::vector<graph_task const*> before(g.nodes.size());
  graph_task const* n = nullptr;
  for (graph_task const& each : g.nodes) {
    if (!is_left(each)) continue;
    n = &each;
    if (!each.is_condition)
      for (graph_task const* const next : each.successors)
        if (is_left(*next)) before[next->number] = &each;
  }
  // Going back from anywhere ends in a cycle; one more round shows it.
  std::vector<bool> seen(g.nodes.size());
  for (; !seen[n->number]; n = before[n->number]) seen[n->number] = true;
  std::vector<graph_task const*> cycle{n};
  for (graph_task const* p = before[n->number]; p != n; p = before[p->number]) cycle.push_back(p);
  cycle.push_back(n);
  return {cycle.rbegin(), cycle.rend()};
}

/// *Throws:* error{invalid_argument} where nodes await each other, or none can be the first.
inline void check_order(graph_state& g) {
  std::vector<graph_task*> ready;
  ready.reserve(g.nodes.size());
  for (graph_task& n : g.nodes) {
    n.awaited.store(n.predecessors, std::memory_order_relaxed);
    if (n.predecessors == 0) ready.push_back(&n);
  }
  for (std::size_t i = 0; i < ready.size(); ++i) {
    if (ready[i]->is_condition) continue;
    for (graph_task* const next : ready[i]->successors)
      if (next->awaited.fetch_sub(1, std::memory_order_relaxed) == 1) ready.push_back(next);
  }
  if (ready.size() != g.nodes.size())
    throw error{errc::invalid_argument, "the graph '" + g.name + "' has a cycle without a condition, '" +
                                            to_path(find_cycle(g)) +
                                            "': remove one of these dependencies, or make a node a condition"};
  if (g.first.empty() && !g.nodes.empty())
    throw error{errc::invalid_argument, "the graph '" + g.name +
                                            "' has no node to begin with, as each is after another one or a "
                                            "condition: add one before '" +
                                            g.nodes.front().label() + '\''};
}

/// Sees that `g` can run, as a part of what waits for tasks of `family`. *Throws:* as check_order(); std::bad_alloc.
inline void prepare(graph_state& g, void const* family) {
  if (g.is_changed) {
    g.first.clear();
    g.parts.clear();
    g.has_conditions = false;
    for (graph_task& n : g.nodes) {
      n.family = family;
      n.begun_in = 0;
      if (n.is_first()) g.first.push_back(&n);
      if (n.part) g.parts.push_back(n.part.get());
      g.has_conditions |= n.is_condition;
    }
    check_order(g);
    for (graph_task& n : g.nodes) n.awaited.store(n.predecessors, std::memory_order_relaxed);
  }
  g.size = g.nodes.size();
  for (graph_state* const part : g.parts) {
    part->is_changed |= g.is_changed;  // the family may be another one
    prepare(*part, family);
    g.has_conditions |= part->has_conditions;
    g.size += part->size;
  }
  g.is_changed = false;
}

}  // namespace beat::inline v0::detail
