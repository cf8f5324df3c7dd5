#pragma once
// SPDX-License-Identifier: MIT
// join: two or more calls, potentially in parallel. The fastest way to fork, as nothing can happen out of order.

#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include <beat/task/forked.hpp>

namespace beat::inline v0 {

namespace detail {

/// A temporary moves into the job, which saves a level of reference; anything else stays where it is.
template <class F>
using kept_callable =
    std::conditional_t<!std::is_lvalue_reference_v<F> && std::is_nothrow_move_constructible_v<std::remove_cvref_t<F>>,
                       std::remove_cvref_t<F>, std::remove_reference_t<F>&>;

/// Calls `f()`; where it returns void the value that stands for it in a tuple.
template <class F>
BEAT_FORCE_INLINE auto valued(F&& f) {
  if constexpr (std::is_void_v<decltype(f())>) {
    f();
    return std::monostate{};
  } else {
    return f();
  }
}

/// Joins the youngest job where its owner can't be sure to have it alone.
template <class G>
BEAT_NO_INLINE call_result_t<G&> finish_shared(forked<G>& right, lane& l) {
  if (l.stack.reclaim(right.place) == joined::kept) return right.run_here(l);
  l.await(right, l.release(right.place));
  return right.take();
}

/// Joins the youngest job.
template <class G>
BEAT_FORCE_INLINE call_result_t<G&> finish(forked<G>& right, lane& l) {
  if (l.stack.pop_private(right.place)) [[likely]]
    return right.run_here(l);
  return finish_shared(right, l);
}

/// The left side threw: the right one still runs to its end, and what it returns or throws is dropped.
template <class G>
BEAT_NO_INLINE void abandon(forked<G>& right, lane& l) noexcept {
  try {
    static_cast<void>(finish(right, l));
  } catch (...) {  // the leftmost exception is the one that arrives
  }
}

/// `Place` is a context or the calling thread.
template <class Place, class F, class G>
BEAT_FORCE_INLINE auto join_two(Place where, F&& f, G&& g) {
  forked<kept_callable<G>> right{static_cast<kept_callable<G>&&>(g)};
  right.place = where.lane().fork(&right);
  auto const run_left = [&] {
    try {
      return valued([&]() -> decltype(auto) { return call(f, where.lane()); });
    } catch (...) {
      abandon(right, where.lane());
      throw;
    }
  };
  auto const run_right = [&] { return valued([&]() -> decltype(auto) { return finish(right, where.lane()); }); };
  return std::tuple<decltype(run_left()), decltype(run_right())>{run_left(), run_right()};  // braces: left first
}

template <class Place, class F, class... G>
BEAT_FORCE_INLINE auto join_all(Place where, F&& f, G&&... g) {
  if constexpr (sizeof...(G) == 1) {
    return join_two(where, std::forward<F>(f), std::forward<G>(g)...);
  } else {
    auto rest = [&](context there) { return join_all(there, std::forward<G>(g)...); };
    auto [first, others] = join_two(where, std::forward<F>(f), rest);
    return std::tuple_cat(std::tuple<decltype(first)>{std::move(first)}, std::move(others));
  }
}

/// The tuple as the caller gets it: nothing where all calls return void.
template <class... Results>
BEAT_FORCE_INLINE auto results(std::tuple<Results...>&& all) {
  if constexpr (!(std::is_same_v<Results, std::monostate> && ...)) return std::move(all);
}

}  // namespace detail

/// Calls all of them, potentially in parallel, and returns their results as a tuple, in order, with std::monostate for
/// void; nothing where all are void. The first always runs on this thread.
/// *Throws:* the exception of the leftmost call that threw, once all have ended; the others' exceptions are dropped.
template <class F, class... G>
  requires(sizeof...(G) >= 1) && task_body<std::remove_reference_t<F>> && (task_body<std::remove_reference_t<G>> && ...)
BEAT_FORCE_INLINE auto join(F&& f, G&&... g) {
  return detail::results(detail::join_all(detail::calling_thread{}, std::forward<F>(f), std::forward<G>(g)...));
}

/// The same, for code that was given a context: it need not ask the thread.
template <class F, class... G>
  requires(sizeof...(G) >= 1) && task_body<std::remove_reference_t<F>> && (task_body<std::remove_reference_t<G>> && ...)
BEAT_FORCE_INLINE auto join(context where, F&& f, G&&... g) {
  return detail::results(detail::join_all(where, std::forward<F>(f), std::forward<G>(g)...));
}

}  // namespace beat::inline v0
