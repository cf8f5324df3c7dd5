#pragma once
// SPDX-License-Identifier: MIT
// The pool: what users construct. It owns the scheduler; its member templates are defined where their results are
// (task/run.hpp, task/submit.hpp), so include <beat.hpp> to call them.

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <beat/base/expected.hpp>
#include <beat/base/unique_function.hpp>
#include <beat/observe/counters.hpp>
#include <beat/runtime/load.hpp>
#include <beat/runtime/queueing.hpp>
#include <beat/runtime/scheduler.hpp>
#include <beat/runtime/tuning.hpp>
#include <beat/runtime/visit.hpp>
#include <beat/topology/discover.hpp>
#include <beat/topology/limits.hpp>
#include <beat/topology/placement.hpp>
#include <beat/topology/topology.hpp>
#include <beat/topology/warning.hpp>

namespace beat::inline v0 {

template <class T>
class future;

/// What submit accepts: a task body, or what is callable with a std::stop_token.
template <class F>
concept stoppable_task_body = task_body<F> || std::invocable<F&, std::stop_token>;

namespace detail {

template <class F>
concept wants_stop_token = !task_body<F>;

template <class F>
struct submit_result : call_result<F&> {};
template <wants_stop_token F>
struct submit_result<F> : std::invoke_result<F&, std::stop_token> {};
template <class F>
using submit_result_t = typename submit_result<F>::type;

}  // namespace detail

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
};

/// How a pool is made. Every member has a sensible default.
struct pool_options {
  /// 0: as many as BEAT_NUM_THREADS says, or one per CPU that this process may use; at most 1024.
  unsigned workers = 0;
  /// Where workers may run. With one, the thread that makes the pool visits the place of each worker meanwhile.
  placement_policy placement = placement_policy::none;
  std::optional<topology> machine = std::nullopt;  ///< what `placement` refers to; empty: discovered
  std::string name = "beat";                       ///< worker threads are called name-0, name-1, ...
  /// How many tasks may be queued, that is neither begun nor called off; 0: as many as there is memory for. It holds
  /// for `submit`, `post`, `try_post` and `pcall(pool, f)` from a thread outside of the pool. What the pool's own tasks
  /// queue, groups and continuations count, but are never refused: whoever waits for them could wait for ever.
  std::size_t queue_limit = 0;
  beat::when_full when_full = beat::when_full::block;  ///< what becomes of a task from outside beyond the limit
  /// Gets what a posted task throws, on the worker that ran it; it must not throw. Without it std::terminate is called,
  /// as nobody else could learn of the error.
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

/// How a pool ends: `drain` runs what is queued, `stop` cancels it.
enum class shutdown_mode { drain, stop };

/// A pool of worker threads, and the place where work meets them.
/// *Thread safety:* every member except the destructor may be called from any thread, also from inside tasks. In the
/// child of a fork(2) all that would wait or queue throws error{pool_shutdown}, and the destructor gives the memory
/// back.
template <scheduler_policy Policy>
class basic_thread_pool {
 public:
  /// *Throws:* error{invalid_argument} beyond the maximum, error{thread_creation_failed}, std::bad_alloc.
  explicit basic_thread_pool(pool_options options = {})
      : workers_{checked_workers(options)},
        scheduler_{workers_, std::move(options.name), layout_of(options, workers_), Policy::tuning()} {
    scheduler_.on_exception = std::move(options.on_exception);
    scheduler_.admission = std::move(options.admission);
    scheduler_.queue_places.set_limit(options.queue_limit);
    scheduler_.on_full = options.when_full;
    if (scheduler_.unbound() != 0)
      detail::warn(options.on_warning, std::to_string(scheduler_.unbound()) + " of " + std::to_string(workers_) +
                                           " workers could not be bound to their places, and run where the system puts "
                                           "them");
  }

  /// A pool of `workers` workers; 0 means automatic.
  explicit basic_thread_pool(unsigned workers) : basic_thread_pool{pool_options{.workers = workers}} {}

  basic_thread_pool(basic_thread_pool const&) = delete;
  basic_thread_pool& operator=(basic_thread_pool const&) = delete;

  /// Runs everything that is queued, then ends the workers. From inside a task of this pool it terminates the program,
  /// as it would wait for itself.
  ~basic_thread_pool() { shutdown(shutdown_mode::drain); }

  /// How many workers it has, which is how many threads run its tasks at once.
  std::size_t workers() const noexcept { return workers_; }

  /// Calls `f` with this pool as the place to fork to, and returns its result. The calling thread runs it itself if a
  /// worker's place is free, otherwise a worker does. *Throws:* what `f` throws; error{pool_shutdown}.
  template <class F>
    requires task_body<std::remove_reference_t<F>>
  auto run(F&& f) -> detail::call_result_t<std::remove_reference_t<F>&>;

  /// Queues `f` to run once, some time; where a bounded queue is full, as pool_options::when_full says.
  /// *Throws:* error{pool_shutdown}; error{overloaded} where the admission hook refuses; error{queue_full};
  /// error{invalid_argument} where it is pinned to a node on which this pool can't run it; std::bad_alloc.
  template <class F>
    requires task_body<std::decay_t<F>>
  void post(F&& f, task_options const& options = {});

  /// The same, where it is an ordinary answer that a pool is closed (errc::pool_shutdown) or takes nothing at present
  /// (errc::overloaded, errc::queue_full). It never blocks, and `f` is not moved from where it takes nothing at
  /// present. *Throws:* error{invalid_argument}, std::bad_alloc.
  template <class F>
    requires task_body<std::decay_t<F>>
  [[nodiscard("without a look at the result, use post")]] expected<void> try_post(F&& f,
                                                                                  task_options const& options = {});

  /// Queues `f` and returns the future of its result. An `f` that takes a std::stop_token gets one, which tells of
  /// `future::request_stop()` and of `options.stop`. *Throws:* as post.
  template <class F>
    requires stoppable_task_body<std::decay_t<F>>
  auto submit(F&& f, task_options const& options = {}) -> future<detail::submit_result_t<std::decay_t<F>>>;

  /// Waits until every task that was queued has ended, and whatever other threads run here; helps meanwhile.
  /// *Throws:* error{self_wait} from inside a task of this pool.
  void wait() { detail::wait_until_quiet(scheduler_, std::nullopt); }

  /// Waits for at most `duration`; false where that was not enough. *Throws:* as wait().
  template <class Rep, class Period>
  [[nodiscard("false means that tasks are left")]] bool wait_for(std::chrono::duration<Rep, Period> duration) {
    return detail::wait_until_quiet(scheduler_, detail::deadline_after(duration));
  }

  /// Takes no more work from outside and returns once everything queued has run (`drain`) or was cancelled (`stop`);
  /// what runs already runs to its end. Later submits throw.
  /// *Throws:* error{self_wait} from inside a task of this pool, which then goes on as before.
  void shutdown(shutdown_mode mode = shutdown_mode::drain) {
    detail::shut_down(scheduler_, mode == shutdown_mode::stop);
  }

  /// Binds the workers anew, by `placement` on the machine that the pool was made for, or on this one where it was not
  /// told; tasks that run go on. What each worker got: an error is the system's own, or not_supported off Linux. A pool
  /// that was made without a placement keeps one inbox for all nodes. Each plan, which grows with workers and L3
  /// groups, is kept as long as the pool. *Throws:* error{pool_shutdown} in the child of a fork, std::bad_alloc.
  std::vector<expected<void>> rebind(placement_policy placement) {
    if (scheduler_.is_orphaned()) detail::refuse();
    auto const& known = scheduler_.where().machine();
    topology const machine = known ? *known : discover();
    return scheduler_.rebind(std::make_unique<detail::layout>(machine, workers_, placement), machine.usable());
  }

  /// What the pool did so far. *Complexity:* O(workers).
  pool_stats stats() const noexcept { return scheduler_.stats(); }

  /// What it has to do at this moment. *Complexity:* O(workers).
  pool_load load() const noexcept { return detail::load_of(scheduler_); }

  /// Whether a task that is sent now, from outside, would find a worker without work, or a place in a bounded queue. It
  /// may be otherwise a moment later. *Complexity:* O(workers).
  bool has_capacity() const noexcept { return detail::has_capacity(scheduler_); }

  /// Writes what everybody does at this moment, in words, a line for each worker: for whoever looks for a hang. The
  /// numbers are read one after the other, and need not fit together. `Stream` takes strings and numbers by `<<`.
  template <class Stream>
  void describe(Stream& out) const {
    scheduler_.describe(out);
  }

  /// For the layers above.
  friend detail::scheduler& scheduler_of(basic_thread_pool& pool) noexcept { return pool.scheduler_; }

 private:
  static unsigned checked_workers(pool_options const& options) {
    if (options.workers > detail::scheduler::max_workers)
      detail::throw_error(errc::invalid_argument, "a pool has at most 1024 workers: ask for fewer, or 0 for automatic");
    return options.workers != 0 ? options.workers : detail::automatic_workers(options.on_warning);
  }

  static std::unique_ptr<detail::layout const> layout_of(pool_options const& options, unsigned workers) {
    if (options.machine) return std::make_unique<detail::layout>(*options.machine, workers, options.placement);
    if (options.placement == placement_policy::none) return std::make_unique<detail::layout>();
    return std::make_unique<detail::layout>(discover({.on_warning = options.on_warning}), workers, options.placement);
  }

  unsigned const workers_;
  detail::scheduler scheduler_;
};

/// The pool with the default policy: one worker per CPU that this process may use, unless told otherwise.
using ThreadPool = basic_thread_pool<default_policy>;

}  // namespace beat::inline v0
