#pragma once
// SPDX-License-Identifier: MIT
// pcall onto a pool, from a thread outside of it: the same promise as pcall, paid with one allocation.

#include <cstddef>
#include <type_traits>
#include <utility>

#include <beat/task/submit.hpp>

namespace beat::inline v0 {

/// A call that a pool may begin while this thread goes on. Destroyed before get(), it discards a call that nobody
/// began, and waits for one that somebody did; but a call that destroys its own future goes on, as nobody could wait
/// for it. As every wait, this one hangs where the call waits for the thread that destroys the future.
template <class T>
class [[nodiscard("a future destroyed at once discards its call; keep it until get()")]] pool_potential_future {
 public:
  using result_type = T;

  pool_potential_future(pool_potential_future const&) = delete;
  pool_potential_future& operator=(pool_potential_future const&) = delete;

  ~pool_potential_future() { task_.discard(); }

  /// The result of the call, once; runs it on this thread if nobody has begun it.
  /// *Throws:* what the call throws; error{no_state} the second time.
  T get() { return task_.get(); }

  /// For pcall.
  template <class F>
  pool_potential_future(detail::entry& way, F&& f, task_options const& options)
      : task_{detail::submit_to(way, std::forward<F>(f), options)} {}

 private:
  future<T> task_;
};

/// Calls `f` on `pool`, potentially in parallel with what follows. *Throws:* as basic_thread_pool::post.
template <class Policy, class F>
  requires task_body<std::decay_t<F>>
auto pcall(basic_thread_pool<Policy>& pool, F&& f, task_options const& options = {})
    -> pool_potential_future<detail::call_result_t<std::decay_t<F>&>> {
  detail::entry way{scheduler_of(pool)};
  way.require();
  return {way, std::forward<F>(f), options};
}

}  // namespace beat::inline v0
