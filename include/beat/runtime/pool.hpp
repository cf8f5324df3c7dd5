#pragma once
// SPDX-License-Identifier: MIT
// The pool: what users construct. It owns the scheduler; its member templates are defined where their results are
// (task/run.hpp, task/submit.hpp), so include <beat.hpp> to call them.

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <beat/base/expected.hpp>
#include <beat/observe/counters.hpp>
#include <beat/runtime/load.hpp>
#include <beat/runtime/options.hpp>
#include <beat/runtime/scheduler.hpp>
#include <beat/runtime/tuning.hpp>
#include <beat/runtime/visit.hpp>
#include <beat/topology/discover.hpp>
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

/// How a pool ends: `drain` runs what is queued, `stop` cancels it. See also shutdown_for.
enum class shutdown_mode { drain, stop };

/// A pool of worker threads, and the place where work meets them.
/// *Thread safety:* every member except the destructor may be called from any thread, also from inside tasks. In the
/// child of a fork(2) all that would wait or queue throws error{pool_shutdown}, and the destructor gives the memory
/// back.
template <scheduler_policy Policy>
class basic_thread_pool {
 public:
  /// *Throws:* error{invalid_argument} beyond the maximum, error{thread_creation_failed}, what on_worker_start throws,
  /// std::bad_alloc; then no thread is left.
  explicit basic_thread_pool(pool_options options = {}) : basic_thread_pool{options, checked_workers(options)} {}

  /// A pool of `workers` workers; 0 means automatic.
  explicit basic_thread_pool(unsigned workers) : basic_thread_pool{pool_options{.workers = workers}} {}

  basic_thread_pool(basic_thread_pool const&) = delete;
  basic_thread_pool& operator=(basic_thread_pool const&) = delete;

  /// Runs everything that is queued, then ends the workers. From inside a task of this pool it terminates the program,
  /// as it would wait for itself.
  ~basic_thread_pool() { shutdown(shutdown_mode::drain); }

  /// How many workers it has, which is how many threads run its tasks at once.
  std::size_t workers() const noexcept { return scheduler_.people.permits(); }

  /// From now on the pool has `workers` workers, 1 to 1024. It grows at once, also inside of algorithms that have
  /// begun. Where it shrinks, threads beyond that number go to sleep when they end a task, whichever they are, until it
  /// grows again or ends. With a placement, workers that were added run on the CPUs of a node, in turn; `rebind` may do
  /// so as well with those that were added after a thread from outside had taken part. May be called at any time, also
  /// by a task. *Throws:* error{invalid_argument}; error{thread_creation_failed}, what on_worker_start throws,
  /// std::bad_alloc: then the pool has as many as before; error{pool_shutdown} in the child of a fork.
  void resize(unsigned workers) {
    if (workers == 0)
      detail::throw_error(errc::invalid_argument, "a pool can't be without workers: resize it to 1 or more");
    refuse_too_many(workers);
    if (scheduler_.is_orphaned()) detail::refuse();
    scheduler_.resize(workers);
  }

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
  /// `future::request_stop()`, of `options.stop`, and of the pool's own stop. *Throws:* as post.
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
  /// what runs already runs to its end. A stop is also requested of running tasks that were submitted with a callable
  /// that takes a stop token; what is called back by that is so on this thread. Later submits throw.
  /// *Throws:* error{self_wait} from inside a task of this pool, which then goes on as before.
  void shutdown(shutdown_mode mode = shutdown_mode::drain) {
    constexpr std::int64_t long_ago = 0;
    detail::shut_down(scheduler_, mode == shutdown_mode::stop ? std::optional{long_ago} : std::nullopt);
  }

  /// Drains for at most `duration`, and then stops, as shutdown does. True where everything had ended by then. Nothing
  /// that runs is left behind: where that does not stop when it is asked, this takes as long as it does.
  /// *Throws:* as shutdown.
  template <class Rep, class Period>
  bool shutdown_for(std::chrono::duration<Rep, Period> duration) {
    return detail::shut_down(scheduler_, detail::deadline_after(duration));
  }

  /// The same until a point in time, of any clock.
  template <class Clock, class Duration>
  bool shutdown_until(std::chrono::time_point<Clock, Duration> time) {
    return shutdown_for(detail::left_until(time));
  }

  /// Binds the workers anew, by `placement` on the machine that the pool was made for, or on this one where it was not
  /// told; tasks that run go on. What each worker got: an error is the system's own, or not_supported off Linux. A pool
  /// that was made without a placement keeps one inbox for all nodes. Each plan, which grows with workers and L3
  /// groups, is kept as long as the pool. *Throws:* error{pool_shutdown} in the child of a fork, std::bad_alloc.
  std::vector<expected<void>> rebind(placement_policy placement) {
    if (scheduler_.is_orphaned()) detail::refuse();
    auto const& known = scheduler_.where().machine();
    topology const machine = known ? *known : detail::discover_to_place(nullptr);
    return scheduler_.rebind(machine, placement);
  }

  /// What the pool did so far. *Complexity:* O(workers).
  pool_stats stats() const noexcept { return scheduler_.stats(); }

  /// What it has to do at this moment. *Complexity:* O(workers).
  pool_load load() const noexcept { return detail::load_of(scheduler_); }

  /// Whether a task that is sent now, from outside, would find a worker without work, or, where the queue is bounded, a
  /// place in it. It may be otherwise a moment later. *Complexity:* O(workers).
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
  basic_thread_pool(pool_options& options, unsigned workers)
      : scheduler_{workers,
                   std::move(options.name),
                   {std::move(options.on_worker_start), std::move(options.on_worker_exit)},
                   layout_of(options, workers),
                   Policy::tuning()} {
    scheduler_.on_exception = std::move(options.on_exception);
    scheduler_.admission = std::move(options.admission);
    scheduler_.queue_places.set_limit(options.queue_limit);
    scheduler_.on_full = options.when_full;
    if (scheduler_.unbound() != 0)
      detail::warn(options.on_warning, std::to_string(scheduler_.unbound()) + " of " + std::to_string(workers) +
                                           " workers could not be bound to their places, and run where the system puts "
                                           "them");
  }

  static void refuse_too_many(unsigned workers) {
    if (workers > detail::scheduler::max_workers)
      detail::throw_error(errc::invalid_argument, "a pool has at most 1024 workers: ask for fewer");
  }

  static unsigned checked_workers(pool_options const& options) {
    refuse_too_many(options.workers);
    return options.workers != 0 ? options.workers : detail::automatic_workers(options.on_warning);
  }

  static std::unique_ptr<detail::layout const> layout_of(pool_options const& options, unsigned workers) {
    if (options.machine) return std::make_unique<detail::layout>(*options.machine, workers, options.placement);
    if (options.placement == placement_policy::none) return std::make_unique<detail::layout>();
    return std::make_unique<detail::layout>(detail::discover_to_place(options.on_warning), workers, options.placement);
  }

  detail::scheduler scheduler_;
};

/// The pool with the default policy: one worker per CPU that this process may use, unless told otherwise.
using ThreadPool = basic_thread_pool<default_policy>;

}  // namespace beat::inline v0
