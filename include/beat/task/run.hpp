#pragma once
// SPDX-License-Identifier: MIT
// run: how a thread enters a pool with a piece of work and waits for it, lending itself where a worker's place is free.
// Defines basic_thread_pool::run; algorithms that are given a pool go through it.

#include <type_traits>
#include <utility>

#include <beat/runtime/pool.hpp>
#include <beat/runtime/root.hpp>
#include <beat/task/outcome.hpp>
#include <beat/task/submit.hpp>

namespace beat::inline v0 {

namespace detail {

/// A call without its type: what is queued compiles once.
struct erased_call {
  void (*function)(void const* object, context where);
  void const* object;
  void operator()(context where) const { function(object, where); }
};

BEAT_NO_INLINE inline void wait_for_queued(scheduler& pool, erased_call f) {
  entry unasked{pool};
  submit_to(unasked, f, {}).get();
}

/// Runs `f` in `pool` where no place for the calling thread is free: a worker takes it, or this thread once it can.
template <class F>
BEAT_NO_INLINE call_result_t<F&> run_queued(scheduler& pool, F& f) {
  outcome<call_result_t<F&>> result;
  bool returned = false;
  auto const body = [&](context where) {
    returned = result.capture([&]() -> decltype(auto) { return call(f, where.lane()); });
  };
  wait_for_queued(pool, {[](void const* b, context where) { (*static_cast<decltype(body)*>(b))(where); }, &body});
  return result.take(!returned);
}

template <class F>
call_result_t<F&> run_in(scheduler& pool, F& f) {
  if (worker* const mine = pool.mine()) {
    lane_scope const scope{*mine};
    return call(f, *mine);
  }
  if (visit const guest{pool}) {
    root_scope const root{pool, *guest, cost_of<F>};
    return call(f, *guest);
  }
  return run_queued(pool, f);
}

}  // namespace detail

template <scheduler_policy Policy>
template <class F>
  requires task_body<std::remove_reference_t<F>>
auto basic_thread_pool<Policy>::run(F&& f) -> detail::call_result_t<std::remove_reference_t<F>&> {
  return detail::run_in(scheduler_, f);
}

}  // namespace beat::inline v0
