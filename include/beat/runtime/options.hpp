#pragma once
// SPDX-License-Identifier: MIT
// What users may say when they make a pool, or give a task to one.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include <beat/base/unique_function.hpp>
#include <beat/runtime/queueing.hpp>
#include <beat/runtime/scheduler.hpp>
#include <beat/runtime/task_attributes.hpp>
#include <beat/topology/discover.hpp>
#include <beat/topology/limits.hpp>
#include <beat/topology/placement.hpp>
#include <beat/topology/topology.hpp>
#include <beat/topology/warning.hpp>

namespace beat::inline v0 {

/// What a task may be given beside its callable.
struct task_options {
  /// Which tasks come first. A policy with one level (scheduler_tuning::priorities) ignores it.
  beat::priority priority = beat::priority::normal;
  std::stop_token stop = {};  ///< once stop is requested, the task is cancelled if it has not started
  /// A worker on this node should run it, where the pool has placed its workers; but rather another one than nobody.
  std::optional<node_id> affinity_hint = std::nullopt;
  /// It runs on a CPU of this node or not at all, in pools without a placement as well, if only they know their
  /// machine: whoever runs it is bound to the node's CPUs meanwhile. What it forks may run elsewhere, and `rebind`
  /// moves threads at once. Where the system refuses to bind, the task fails with errc::not_supported. `affinity_hint`
  /// is ignored then.
  std::optional<node_id> pinned_to = std::nullopt;
  /// A task that has not started by then never does: it is cancelled, and a future says errc::deadline_exceeded. This
  /// is found out when its turn comes, or by a thread that waits for it and could run it; no timer looks for it.
  std::optional<std::chrono::steady_clock::time_point> deadline = std::nullopt;
  task_name name = {};  ///< what describe() calls it while it runs: a literal, as nothing is copied
};

/// How a pool is made. Every member has a sensible default.
struct pool_options {
  /// 0: as many as BEAT_NUM_THREADS says, or one per CPU that this process may use; at most 1024.
  unsigned workers = 0;
  /// Where workers may run. With one, the thread that makes the pool visits the place of each worker meanwhile.
  placement_policy placement = placement_policy::none;
  std::optional<topology> machine = std::nullopt;  ///< what `placement` refers to; empty: discovered
  std::string name = "beat";                       ///< worker threads are called name-0, name-1, ...
  /// Is called on each thread of the pool before its first task, with the number that is in the thread's name; it must
  /// not use the pool. What it throws goes to whoever makes or resizes the pool, which then fails. For a thread that
  /// stands in for a blocked one it goes to `on_exception`, and that thread ends: what is queued then waits until a
  /// blocked one goes on, or another task comes. Threads from outside, which help while they wait, are never told. May
  /// be called by several threads at once.
  unique_function<void(unsigned)> on_worker_start = nullptr;
  /// The same after the last task of a thread for which on_worker_start did not throw; the pool's end waits for it. It
  /// must not throw, and may use other pools. In the child of a fork(2) it is not called.
  unique_function<void(unsigned)> on_worker_exit = nullptr;
  /// How many tasks may be queued, that is neither begun nor called off; 0: as many as there is memory for. It holds
  /// for `submit`, `post`, `try_post` and `pcall(pool, f)` from a thread outside of the pool. What the pool's own tasks
  /// queue, groups and continuations count, but are never refused: whoever waits for them could wait for ever. A task
  /// that was called off leaves its memory in the queue until its turn comes.
  std::size_t queue_limit = 0;
  beat::when_full when_full = beat::when_full::block;  ///< what becomes of a task from outside beyond the limit
  /// Gets what a posted task throws, on the worker that ran it, and what on_worker_start throws where nobody waits for
  /// the thread; it must not throw, and several threads may call it at once. Without it std::terminate is called, as
  /// nobody else could learn of the error.
  unique_function<void(std::exception_ptr)> on_exception = nullptr;
  /// Is asked before `submit`, `post`, `try_post` and `pcall(pool, f)` from a thread outside of the pool: while it says
  /// false they fail with errc::overloaded, and what it throws goes to their caller. Never refused is what the pool's
  /// own tasks queue, `run`, algorithms, groups and waiting: that belongs to work which has begun. It may be called by
  /// several threads at once. See admit_below.
  unique_function<bool()> admission = nullptr;
  /// Is told, while the pool is made, what was ignored: a BEAT_NUM_THREADS that is no number, a discovery that failed.
  warning_hook on_warning = nullptr;
};

namespace detail {

[[nodiscard]] inline unsigned automatic_workers(warning_hook const& on_warning) {
  constexpr unsigned most = scheduler::max_workers;
  auto const requested = requested_threads(most, on_warning);
  return requested ? *requested : std::min(usable_cpus(), most);
}

}  // namespace detail

/// The options that suit a process with `workers` workers on `machine`. They are bound, by scatter, where the machine
/// has several nodes or L3 groups of cores of one kind, and the process a worker for each CPU of it. Otherwise the
/// operating system places them: it knows what else runs.
[[nodiscard]] inline pool_options recommended_options(topology const& machine, unsigned workers) {
  pool_options options{.workers = workers, .machine = machine};
  auto const& cores = machine.cores();
  bool const has_all = workers == machine.cpus().size() && machine.usable().size() == machine.cpus().size();
  bool const has_parts = machine.nodes().size() > 1 || machine.l3_groups().size() > 1;
  bool const is_uniform =
      std::all_of(cores.begin(), cores.end(), [](topology::core const& core) { return core.efficiency_class == 0; });
  if (has_all && has_parts && is_uniform) {
    options.placement = placement_policy::scatter;
  }
  return options;
}

/// The options that beat would choose for this process on this machine, by its limits, BEAT_NUM_THREADS and topology.
[[nodiscard]] inline pool_options recommended_options(warning_hook on_warning = nullptr) {
  topology const machine = discover({.on_warning = on_warning});
  pool_options options = recommended_options(machine, detail::automatic_workers(on_warning));
  options.on_warning = std::move(on_warning);
  return options;
}

}  // namespace beat::inline v0
