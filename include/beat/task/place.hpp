#pragma once
// SPDX-License-Identifier: MIT
// The place: where an algorithm runs. A pool, which the calling thread enters; or a context, where it is already.

#include <concepts>
#include <cstddef>
#include <utility>

#include <beat/task/run.hpp>

namespace beat::inline v0 {

namespace detail {

template <class F>
decltype(auto) run_at(context where, F&& f) {
  return f(where);
}

template <class Policy, class F>
decltype(auto) run_at(basic_thread_pool<Policy>& pool, F&& f) {
  return run_in(scheduler_of(pool), f);
}

/// How many threads can run at once what an algorithm forks there.
inline std::size_t workers_of(context where) noexcept { return where.lane().concurrency(); }

template <class Policy>
std::size_t workers_of(basic_thread_pool<Policy> const& pool) noexcept {
  return pool.workers();
}

struct any_call {
  void operator()(context) const {}
};

}  // namespace detail

/// A pool or a context.
template <class P>
concept execution_place = requires(P& place) { detail::run_at(place, detail::any_call{}); };

}  // namespace beat::inline v0
