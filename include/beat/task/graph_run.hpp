#pragma once
// SPDX-License-Identifier: MIT
// The run of a graph. A node that has ended makes those ready which awaited it last: one of them runs next on the same
// thread, the others are queued. So there is no recursion, and work is counted where it branches only.
// Invariant: whoever ends the last node of a run touches the run no more.
//
// `live` of a graph counts its nodes that are ready or run. (1) A node that makes k > 0 others ready adds k - 1 before
// any of these k can end; (2) one that makes none ready takes 1 away. So it is 0 once and at the end only, as it counts
// the node itself until (2). Where it gets 0 the run has ended; or, of a part, the node which that part is.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <stop_token>
#include <string>
#include <utility>

#include <beat/base/error.hpp>
#include <beat/runtime/scheduler.hpp>
#include <beat/task/graph_state.hpp>
#include <beat/task/task_run.hpp>

namespace beat::inline v0::detail {

class graph_run : task_run {
 public:
  /// Of a graph that is prepared, by whoever has made it busy. Outside of pools everything runs inline.
  graph_run(graph_state& g, lane& here, std::stop_token stop) : task_run{here, &g, std::move(stop)}, graph_{g} {}

  /// *Throws:* the first exception of a node; error{cancelled} where a node was not begun as stop was requested;
  /// error{pool_shutdown} in the child of a fork.
  void operator()(lane& here) {
    ++graph_.runs;
    graph_.cancelled = 0;
    attach(graph_);
    if (graph_.first.empty()) return;
    if (pool() != nullptr && !pool()->tasks.admit(true, graph_.size)) refuse();
    queue(begin(graph_, here), here);
    await_end([&](task* t) {
      auto* n = static_cast<graph_task*>(t);
      for (task_effect ignored; n != nullptr;) n = step(*n, here, ignored);
    });
    throw_if_cut("the graph was stopped before all of its nodes had begun");
  }

  /// As task::settle.
  static task_effect settle(task* self, task_action, worker& me) noexcept {
    auto* n = static_cast<graph_task*>(self);
    graph_run& run = *n->owner.run;
    for (std::uint32_t left = run.pool()->tuning.inbox_interval;; --left) {
      task_effect effect;
      n = run.step(*n, me, effect);
      if (n != nullptr && left == 1) run.queue(n, me);  // the worker looks elsewhere first
      if (n == nullptr || left == 1) return effect;     // the run may be gone from here on
      me.count(effect);
    }
  }

 private:
  friend class graph_step;

  void attach(graph_state& g) noexcept {
    g.run = this;
    for (graph_state* const part : g.parts) attach(*part);
  }

  /// Makes the first nodes of a graph ready and queues them except the one that is returned.
  graph_task* begin(graph_state& g, lane& here) noexcept {
    g.live.store(g.first.size(), std::memory_order_relaxed);
    for (std::size_t i = g.first.size(); i-- > 1;) queue(g.first[i], here);
    return g.first[0];
  }

  /// Runs one node. What is to run next, or null; then the run may have ended.
  graph_task* step(graph_task& n, lane& here, task_effect& effect) noexcept;

  /// A node of `g` has ended and made none ready.
  graph_task* end_branch(graph_state* g, lane& here) noexcept;

  /// Counts as cancelled what was not begun, and sets back what was begun in part.
  void tidy(graph_state& g) noexcept {
    for (graph_task& n : g.nodes) {
      if (n.begun_in != graph_.runs) ++graph_.cancelled;
      n.awaited.store(n.predecessors, std::memory_order_relaxed);
      n.is_pending.store(false, std::memory_order_relaxed);
    }
    for (graph_state* const part : g.parts) tidy(*part);
  }

  graph_state& graph_;
};

/// The end of one node: it tells its successors.
class graph_step {
 public:
  graph_step(graph_run& run, graph_task& n, lane& here) noexcept : run_{run}, node_{n}, here_{here} {}

  /// The node's own work is done.
  void end() noexcept {
    if (node_.owner.has_conditions)
      node_.is_pending.store(false, std::memory_order_release);  // release: its effects; pairs with make_ready()
  }

  /// Tells all successors that the node has ended.
  void tell_all() noexcept {
    for (graph_task* const n : node_.successors)
      if (is_last(*n)) make_ready(*n);
  }

  /// A condition chooses one successor; nothing where it has none of this number.
  void choose(std::size_t successor) noexcept {
    if (successor < node_.successors.size()) make_ready(*node_.successors[successor]);
  }

  /// *Throws:* error{invalid_argument} where it is no successor.
  void choose(graph_task* successor) {
    for (graph_task* const n : node_.successors)
      if (n == successor) return make_ready(*n);
    throw error{errc::invalid_argument, "the condition '" + node_.label() +
                                            "' chose a node that is not one of its "
                                            "successors: call before() for it first"};
  }

  /// What is to run next, or null.
  graph_task* next() const noexcept { return next_; }

 private:
  bool is_last(graph_task& n) const noexcept {
    if (node_.owner.has_conditions) {
      // acq_rel: the effects of predecessors; pairs with itself
      std::uint32_t const before = n.awaited.fetch_sub(1, std::memory_order_acq_rel);
      if (before == 0) fail_twice(n);
      return before == 1;
    }
    // acquire: the effects of the others, which pairs with fetch_sub(). Who finds that it is the only one left need not
    // say so.
    return n.predecessors == 1 || n.awaited.load(std::memory_order_acquire) == 1 ||
           n.awaited.fetch_sub(1, std::memory_order_acq_rel) == 1;  // acq_rel: the effects; pairs with itself
  }

  void make_ready(graph_task& n) noexcept {
    // acquire: what it did when it ran before; pairs with end()
    if (node_.owner.has_conditions && n.is_pending.exchange(true, std::memory_order_acquire)) return fail_twice(n);
    if (next_ == nullptr) {
      next_ = &n;
    } else {
      node_.owner.live.fetch_add(1, std::memory_order_relaxed);  // relaxed: this node is counted until the end
      run_.queue(&n, here_);
    }
  }

  BEAT_NO_INLINE void fail_twice(graph_task const& n) const noexcept {
    try {
      throw error{errc::invalid_argument, "the node '" + n.label() + "' was to run again before it had ended, by '" +
                                              node_.label() + "': let only one path lead to it at a time"};
    } catch (...) {
      run_.fail(std::current_exception());
    }
  }

  graph_run& run_;
  graph_task& node_;
  lane& here_;
  graph_task* next_ = nullptr;
};

inline graph_task* graph_run::step(graph_task& n, lane& here, task_effect& effect) noexcept {
  effect = task_effect::none;  // tidy() counts it
  graph_step ending{*this, n, here};
  graph_state& g = n.owner;
  if (!is_stopped()) {
    if (n.begun_in == graph_.runs && pool() != nullptr) static_cast<void>(pool()->tasks.admit(true));
    n.begun_in = graph_.runs;
    if (n.predecessors > 1 || g.has_conditions) n.awaited.store(n.predecessors, std::memory_order_relaxed);
    effect = task_effect::completed;
    if (n.part) {
      if (!n.part->first.empty()) return begin(*n.part, here);
      ending.end();
      ending.tell_all();
    } else {
      try {
        n.body(here, ending);
        if (!n.is_condition) {
          ending.end();
          ending.tell_all();
        }
      } catch (...) {
        fail(std::current_exception());
        effect = task_effect::failed;
      }
    }
  }
  return ending.next() != nullptr ? ending.next() : end_branch(&g, here);
}

inline graph_task* graph_run::end_branch(graph_state* g, lane& here) noexcept {
  // acq_rel: the effects of all branches; pairs with itself
  while (g->live.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    if (g == &graph_) {
      if (is_cut() || graph_.has_conditions) tidy(graph_);
      for (std::size_t i = 0; i < graph_.cancelled && pool() != nullptr; ++i) here.self->count(task_effect::cancelled);
      end();
      return nullptr;
    }
    graph_step ending{*this, *g->parent, here};
    ending.end();
    ending.tell_all();
    if (ending.next() != nullptr) return ending.next();
    g = &g->parent->owner;
  }
  return nullptr;
}

}  // namespace beat::inline v0::detail
