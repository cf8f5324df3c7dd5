#pragma once
// SPDX-License-Identifier: MIT
// The graph: callables that run after each other as dependencies say, and otherwise in parallel. It is made once and
// runs any number of times. How it runs: task/graph_run.hpp.

#include <array>
#include <concepts>
#include <cstddef>
#include <memory>
#include <ranges>
#include <stop_token>
#include <string>
#include <type_traits>
#include <utility>

#include <beat/base/error.hpp>
#include <beat/task/graph_check.hpp>
#include <beat/task/graph_dot.hpp>
#include <beat/task/graph_run.hpp>
#include <beat/task/graph_state.hpp>
#include <beat/task/place.hpp>

namespace beat::inline v0 {

class graph_node;

/// What says which successor of a condition goes on: its number, in the order of before() and after(), or its handle.
template <class T>
concept graph_choice = std::integral<T> || std::same_as<T, graph_node>;

/// What the callable of a condition returns: a choice, or a range of them.
template <class T>
concept graph_choices = graph_choice<T> || (std::ranges::input_range<T> && graph_choice<std::ranges::range_value_t<T>>);

/// Callable with no argument or a `beat::context`, and says which successors go on.
template <class F>
concept condition_body = task_body<F> && graph_choices<std::remove_cvref_t<detail::call_result_t<F&>>>;

/// A handle to a node of a graph; the graph has the node. Cheap to copy.
/// Every member throws error{no_state} where the graph is gone, or the handle was made without one; and those that
/// change something error{invalid_argument} while the graph runs.
class graph_node {
 public:
  graph_node() noexcept = default;

  /// Each of `nodes` runs after this one has ended. *Throws:* error{invalid_argument} where one is of another graph.
  template <std::same_as<graph_node>... Nodes>
  graph_node const& before(Nodes const&... nodes) const {
    (connect(*this, nodes), ...);
    return *this;
  }

  /// This one runs after each of `nodes` has ended. *Throws:* as before().
  template <std::same_as<graph_node>... Nodes>
  graph_node const& after(Nodes const&... nodes) const {
    (connect(nodes, *this), ...);
    return *this;
  }

  /// The name, for errors and to_dot(). Names need not differ.
  graph_node const& name(std::string name) const {
    changeable()->name = std::move(name);
    return *this;
  }
  std::string name() const {
    auto const alive = state();
    return node_->name;
  }

  friend bool operator==(graph_node const& left, graph_node const& right) noexcept { return left.node_ == right.node_; }

 private:
  friend class graph;
  graph_node(std::shared_ptr<detail::graph_state> const& g, detail::graph_task& n) noexcept : graph_{g}, node_{&n} {}

  std::shared_ptr<detail::graph_state> state() const {
    auto alive = graph_.lock();
    if (alive == nullptr)
      detail::throw_error(errc::no_state,
                          "the handle of a graph's node refers to none: its graph is gone or cleared, "
                          "or it did not come from add()");
    return alive;
  }

  detail::graph_task* changeable() const {
    detail::require_rest(*state());
    return node_;
  }

  static void connect(graph_node const& first, graph_node const& second) {
    detail::graph_task& a = *first.changeable();
    detail::graph_task& b = *second.changeable();
    if (&a.owner != &b.owner)
      throw error{errc::invalid_argument, "the nodes '" + a.label() + "' and '" + b.label() +
                                              "' belong to different graphs: connect nodes of one graph, or make the "
                                              "other graph a node of this one"};
    a.successors.push_back(&b);
    ++(a.is_condition ? b.conditions : b.predecessors);
    a.owner.is_changed = true;
  }

  std::weak_ptr<detail::graph_state> graph_;
  detail::graph_task* node_ = nullptr;
};

/// Callables with dependencies, which run in parallel as far as these allow.
/// *Thread safety:* none, but nodes may run others' graphs. While a graph runs, changing it is an error.
class graph {
 public:
  explicit graph(std::string name = "graph") : state_{std::make_shared<detail::graph_state>(std::move(name))} {}

  /// What is left can only be assigned to, or destroyed.
  graph(graph&&) noexcept = default;
  graph& operator=(graph&&) noexcept = default;
  ~graph() = default;

  /// Adds a callable; what it returns is dropped. *Throws:* error{invalid_argument} while the graph runs; what moving
  /// it throws.
  template <class F>
    requires task_body<std::decay_t<F>>
  graph_node add(F&& f) {
    return emplace([&](detail::graph_task& n) {
      n.body = [f = std::forward<F>(f)](detail::lane& here, detail::graph_step&) mutable {
        static_cast<void>(detail::call(f, here));
      };
    });
  }

  /// Adds several: `auto [a, b] = g.add(f, h)`.
  template <class... F>
    requires(sizeof...(F) > 1 && (task_body<std::decay_t<F>> && ...))
  std::array<graph_node, sizeof...(F)> add(F&&... f) {
    return {add(std::forward<F>(f))...};
  }

  /// Adds a callable that says, each time it has run, which of the successors go on: by number, a bool counting as 0
  /// or 1, by handle, or by a range of these. A number beyond them chooses none. Whoever is chosen runs at once,
  /// whatever else it is after; so a path may lead back to where it came from.
  template <class F>
    requires condition_body<std::decay_t<F>>
  graph_node add_condition(F&& f) {
    return emplace([&](detail::graph_task& n) {
      n.is_condition = true;
      n.body = [f = std::forward<F>(f)](detail::lane& here, detail::graph_step& step) mutable {
        // A copy: who is chosen may be this node, and run elsewhere at once.
        auto const choices = detail::call(f, here);
        step.end();
        if constexpr (graph_choice<std::remove_cvref_t<decltype(choices)>>) {
          choose(step, choices);
        } else {
          for (auto const& choice : choices) choose(step, choice);
        }
      };
    });
  }

  /// Adds a graph as a node: it begins where all before it have ended, and ends where all of its nodes have. The
  /// handles of its nodes remain valid; `part` is empty afterwards. The node has the name of the part.
  graph_node add(graph&& part) {
    graph rest{part.state_->name};
    detail::require_rest(*part.state_);
    if (part.state_ == state_)
      detail::throw_error(errc::invalid_argument, "a graph is to be a node of itself: add another one");
    return emplace([&](detail::graph_task& n) {
      n.name = part.state_->name;
      part.state_->parent = &n;
      part.state_->is_changed = true;
      n.part = std::exchange(part.state_, std::move(rest.state_));
    });
  }

  /// Runs every node once, or as conditions say, in a pool or in the context of a task; outside of pools it all runs
  /// inline. Returns when all that was begun has ended.
  /// *Throws:* the first exception of a node, after which no other is begun; error{cancelled} where `stop` was
  /// requested before all had begun; error{invalid_argument} for a cycle without a condition, where two paths lead to
  /// one node at a time, or where the graph runs already; error{pool_shutdown}; std::bad_alloc. *Complexity:* after the
  /// first run nothing is allocated until the graph changes, beside room for queued nodes in the pool, which it keeps.
  template <execution_place Place>
  void run(Place&& where, std::stop_token const& stop = {}) {
    detail::graph_state& g = *state_;
    if (g.is_busy.exchange(true, std::memory_order_acquire)) detail::refuse_running(g);  // acquire: the last run
    struct rest {
      detail::graph_state& g;
      ~rest() { g.is_busy.store(false, std::memory_order_release); }  // release: this run; pairs with the exchange
    } const afterwards{g};
    detail::prepare(g, &g);
    detail::run_at(where, [&](context here) { detail::graph_run{g, here.lane(), stop}(here.lane()); });
  }

  /// How many nodes the last run did not begin: it failed or was stopped, or no condition chose them. The pool counts
  /// them as cancelled tasks, and each run of another node as a completed or failed one.
  std::size_t cancelled() const noexcept { return state_->cancelled; }

  /// Throws what run() would throw for the order of nodes.
  void check() {
    detail::require_rest(*state_);
    detail::prepare(*state_, state_.get());
  }

  /// Text for Graphviz: conditions are diamonds with numbered edges, parts are boxes.
  std::string to_dot() const {
    std::string text = "digraph " + detail::dot_string(state_->name) + " {\n";
    detail::write_dot(text, *state_, "n");
    return text += "}\n";
  }

  /// Removes all nodes; their handles refer to none from here on.
  void clear() {
    detail::require_rest(*state_);
    *this = graph{state_->name};
  }

  std::string const& name() const noexcept { return state_->name; }
  std::size_t size() const noexcept { return state_->nodes.size(); }  ///< a part counts as one
  bool empty() const noexcept { return size() == 0; }

 private:
  template <class Fill>
  graph_node emplace(Fill fill) {
    detail::require_rest(*state_);
    detail::graph_task& n = state_->nodes.emplace_back(&detail::graph_run::settle, *state_, state_->nodes.size());
    try {
      fill(n);
    } catch (...) {
      state_->nodes.pop_back();
      throw;
    }
    state_->is_changed = true;
    return {state_, n};
  }

  template <graph_choice T>
  static void choose(detail::graph_step& step, T const& choice) {
    if constexpr (std::integral<T>)
      step.choose(static_cast<std::size_t>(choice));
    else
      step.choose(choice.node_);
  }

  std::shared_ptr<detail::graph_state> state_;
};

}  // namespace beat::inline v0
