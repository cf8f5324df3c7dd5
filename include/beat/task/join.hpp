#pragma once
// SPDX-License-Identifier: MIT
// join: two or more calls, potentially in parallel. The fastest way to fork, as nothing can happen out of order.

#include <cstdint>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include <beat/task/forked.hpp>

namespace beat::inline v0 {

namespace detail {

/// A forked call that is joined before its scope ends, whatever happens.
template <class F>
class sibling : forked<F> {
 public:
  using result = typename forked<F>::result;

  template <class G>
  BEAT_FORCE_INLINE sibling(lane& l, G&& f) : forked<F>{l, std::forward<G>(f)} {}

  BEAT_FORCE_INLINE ~sibling() {
    if (!joined_) [[unlikely]]
      finish();
  }

  BEAT_FORCE_INLINE result get() {
    if (this->pop() == joined::kept) [[likely]] {
      mark_on_exit const marks{joined_};
      return this->run_here();
    }
    this->await(true);
    joined_ = true;
    return this->take();
  }

 private:
  struct mark_on_exit {
    bool& joined;
    ~mark_on_exit() { joined = true; }
  };

  /// The other side threw: this one still runs to its end, and what it returns or throws is dropped.
  BEAT_NO_INLINE void finish() noexcept {
    if (this->pop() == joined::kept) {
      try {
        static_cast<void>(this->run_here());
      } catch (...) {  // the leftmost exception is the one that arrives
      }
    } else {
      this->await(true);
      this->discard();
    }
  }

  bool joined_ = false;
};

/// A temporary moves into the job, which saves a level of reference; anything else stays where it is.
template <class F>
using kept_callable = std::conditional_t<
    !std::is_lvalue_reference_v<F> && std::is_nothrow_move_constructible_v<std::remove_cvref_t<F>>,
    std::remove_cvref_t<F>, std::remove_reference_t<F>&>;

template <class F>
using joined_result = std::conditional_t<std::is_void_v<call_result_t<F&>>, std::monostate, call_result_t<F&>>;

/// The value that stands for the call's result in a tuple.
template <class F>
BEAT_FORCE_INLINE joined_result<std::remove_reference_t<F>> valued(F&& f) {
  if constexpr (std::is_same_v<joined_result<std::remove_reference_t<F>>, std::monostate>) {
    f();
    return {};
  } else {
    return f();
  }
}

template <class F, class G>
BEAT_FORCE_INLINE auto join_two(lane& l, F&& f, G&& g) {
  sibling<kept_callable<G>> right{l, std::forward<G>(g)};
  auto const run_left = [&]() -> decltype(auto) { return call(f, l); };
  auto const run_right = [&]() -> decltype(auto) { return right.get(); };
  if constexpr (std::is_void_v<decltype(run_left())> && std::is_void_v<decltype(run_right())>) {
    run_left();
    run_right();
  } else {
    // Braces: left before right.
    return std::tuple<joined_result<decltype(run_left) const>, joined_result<decltype(run_right) const>>{valued(run_left),
                                                                                                         valued(run_right)};
  }
}

template <class F, class... G>
BEAT_FORCE_INLINE auto join_all(lane& l, F&& f, G&&... g) {
  if constexpr (sizeof...(G) == 1) {
    return join_two(l, std::forward<F>(f), std::forward<G>(g)...);
  } else {
    auto rest = [&](context where) { return join_all(where.lane(), std::forward<G>(g)...); };
    if constexpr (std::is_void_v<call_result_t<F&>> && std::is_void_v<decltype(rest(context{l}))>) {
      join_two(l, std::forward<F>(f), rest);
    } else {
      auto both = join_two(l, std::forward<F>(f), rest);
      auto first = std::tuple<joined_result<std::remove_reference_t<F>>>{std::get<0>(std::move(both))};
      if constexpr (std::is_void_v<decltype(rest(context{l}))>)
        return std::tuple_cat(std::move(first), std::tuple<std::conditional_t<true, std::monostate, G>...>{});
      else
        return std::tuple_cat(std::move(first), std::get<1>(std::move(both)));
    }
  }
}

}  // namespace detail

/// Calls all of them, potentially in parallel, and returns their results as a tuple, in order, with std::monostate for
/// void; nothing where all are void. The first always runs on this thread.
/// *Throws:* the exception of the leftmost call that threw, once all have ended; the others' exceptions are dropped.
template <class F, class... G>
  requires(sizeof...(G) >= 1) && task_body<std::remove_reference_t<F>> && (task_body<std::remove_reference_t<G>> && ...)
BEAT_FORCE_INLINE auto join(F&& f, G&&... g) {
  return detail::join_all(*detail::current_lane, std::forward<F>(f), std::forward<G>(g)...);
}

/// The same, for code that was given a context: it need not ask the thread.
template <class F, class... G>
  requires(sizeof...(G) >= 1) && task_body<std::remove_reference_t<F>> && (task_body<std::remove_reference_t<G>> && ...)
BEAT_FORCE_INLINE auto join(context where, F&& f, G&&... g) {
  return detail::join_all(where.lane(), std::forward<F>(f), std::forward<G>(g)...);
}

}  // namespace beat::inline v0
