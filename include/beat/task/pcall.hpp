#pragma once
// SPDX-License-Identifier: MIT
// pcall: a call that may run in parallel with what follows, at the price of a plain call where nobody is idle.
// The future lives on the caller's stack. Protocol: runtime/README.md, "Join" and "Out of order".

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include <beat/base/assert.hpp>
#include <beat/base/error.hpp>
#include <beat/task/forked.hpp>

namespace beat::inline v0 {

/// A call that another thread may take while this one goes on. It is pinned: neither copied nor moved, not on the heap,
/// used by the thread that made it, and destroyed in reverse order of creation, as local variables are.
/// Destroyed before `get`, it discards a call that nobody began, and waits for one that somebody did.
template <class F>
class [[nodiscard("a future destroyed at once discards its call; keep it until get()")]] potential_future
    : private detail::forked<F> {
  using forked = detail::forked<F>;

 public:
  using result_type = typename forked::result;

  template <class G>
  BEAT_FORCE_INLINE potential_future(detail::lane& l, G&& f)
      : forked{std::forward<G>(f)}, at_{l.fork(this)} {}

  potential_future(potential_future const&) = delete;
  potential_future& operator=(potential_future const&) = delete;
  static void* operator new(std::size_t) = delete;
  static void* operator new[](std::size_t) = delete;

  BEAT_FORCE_INLINE ~potential_future() {
    if (at_.index != got) [[unlikely]]
      leave();
  }

  /// The result of the call, once: runs it here if nobody took it, otherwise waits and helps its thief. In any order
  /// among several futures; the reverse order of creation is the fast one.
  /// *Throws:* what the call throws; error{no_state} the second time.
  BEAT_FORCE_INLINE result_type get() {
    if (is_youngest()) [[likely]] {
      // Marked after the call, so that the compiler sees through to the destructor's test.
      mark_on_exit const marks{*this};
      if (at_.where->stack.pop_private(at_.index)) [[likely]]
        return this->run_here(*at_.where);
      return get_shared();
    }
    return get_out_of_order();
  }

 private:
  // What `at_.index` says besides the job's place on the stack: nothing is left of it; or, got out of order, a filler or
  // the thief's mark keeps its place until the destructor.
  static constexpr std::uint32_t got = 0xffff'fffe;
  static constexpr std::uint32_t filled = 0x8000'0000;

  struct mark_on_exit {
    potential_future& future;
    ~mark_on_exit() { future.at_.index = got; }
  };

  BEAT_NO_INLINE result_type get_shared() {
    if (at_.where->stack.reclaim(at_.index) == joined::kept) return this->run_here(*at_.where);
    at_.where->await(*this, at_.where->release(at_.index));
    return this->take();
  }

  BEAT_NO_INLINE result_type get_out_of_order() {
    if ((at_.index & filled) != 0)
      detail::throw_error(errc::no_state, "get() was called twice on one potential_future: keep its first result");
    std::uint32_t const index = at_.index;
    at_.index |= filled;
    if (at_.where->stack.pull_out(index, &detail::filler) == joined::kept) return this->run_here(*at_.where);
    at_.where->await(*this, at_.where->thief_of(index));
    return this->take();
  }

  BEAT_NO_INLINE void leave() noexcept {
    bool const is_filled = (at_.index & filled) != 0;
    at_.index &= ~filled;
    BEAT_ASSERT(is_youngest(), "a potential_future must be destroyed in reverse order of creation, on its thread");
    if (at_.where->stack.pop(at_.index) == joined::kept) return;  // nobody began it, or only the filler was left
    detail::taken_by const thief = at_.where->release(at_.index);
    if (is_filled) return;
    at_.where->await(*this, thief);
    this->discard();
  }

  BEAT_FORCE_INLINE bool is_youngest() const noexcept { return at_.where->stack.depth() == at_.index + 1; }

  detail::forked_at at_;
};

/// Calls `f` potentially in parallel with what follows. No allocation, no lock; outside of a pool `f` runs in get().
/// *Throws:* what copying or moving `f` throws.
template <class F>
  requires task_body<std::decay_t<F>>
BEAT_FORCE_INLINE auto pcall(F&& f) -> potential_future<std::decay_t<F>> {
  return {*detail::current_lane, std::forward<F>(f)};
}

/// The same, for code that was given a context: it need not ask the thread.
template <class F>
  requires task_body<std::decay_t<F>>
BEAT_FORCE_INLINE auto pcall(context where, F&& f) -> potential_future<std::decay_t<F>> {
  return {where.lane(), std::forward<F>(f)};
}

}  // namespace beat::inline v0
