#pragma once
// SPDX-License-Identifier: MIT
// What a graph consists of: nodes, which are the tasks of its run, in a state that handles refer to.
// Invariant: while a graph runs, only its run changes what is in here.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include <beat/base/unique_function.hpp>
#include <beat/runtime/lane.hpp>
#include <beat/runtime/task.hpp>

namespace beat::inline v0::detail {

class graph_run;
class graph_step;
struct graph_state;

struct graph_task : task {
  graph_task(function f, graph_state& g, std::size_t place) noexcept : task{f}, owner{g}, number{place} {}

  bool is_first() const noexcept { return predecessors == 0 && conditions == 0; }
  std::string label() const { return name.empty() ? '#' + std::to_string(number) : name; }

  // What a run touches comes first.
  // How many predecessors have not ended: lowered by these, and set back by the one who begins the node.
  std::atomic<std::uint32_t> awaited{0};
  std::uint32_t predecessors = 0;  // those which are no conditions
  std::uint32_t conditions = 0;    // predecessors which are
  bool is_condition = false;
  // In graphs with conditions: from when it is ready until it has ended. Set by whoever makes it ready.
  std::atomic<bool> is_pending{false};
  graph_state& owner;
  std::uint64_t begun_in = 0;  // the number of the last run in which it was begun
  std::vector<graph_task*> successors;
  unique_function<void(lane&, graph_step&)> body;
  std::shared_ptr<graph_state> part;  // the graph that this node is, instead of a body
  std::size_t const number;           // in the order of addition, from 0
  std::string name;
};

struct graph_state {
  explicit graph_state(std::string of) : name{std::move(of)} {}

  std::string name;
  std::deque<graph_task> nodes;
  graph_task* parent = nullptr;      // the node that this graph is, in another one
  std::atomic<bool> is_busy{false};  // while it runs: by the one who calls run(), and not of its parts
  bool is_changed = true;            // since it was prepared; what follows is by prepare()
  bool has_conditions = false;       // or a part has
  std::size_t size = 0;              // of its nodes, and of those in its parts
  std::vector<graph_task*> first;    // nodes that are after no other
  std::vector<graph_state*> parts;   // graphs that are nodes
  std::uint64_t runs = 0;            // how many there were
  std::size_t cancelled = 0;         // nodes that the last one did not begin
  graph_run* run = nullptr;          // the one in progress
  std::atomic<std::size_t> live{0};  // nodes that are ready or run: changed where a node makes none or several ready

  /// Of a graph in a graph in a graph, the outermost.
  graph_state& root() noexcept {
    graph_state* g = this;
    while (g->parent != nullptr) g = &g->parent->owner;
    return *g;
  }
};

}  // namespace beat::inline v0::detail
