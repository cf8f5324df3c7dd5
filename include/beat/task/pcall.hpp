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

  /// `where` is a context or the calling thread.
  template <class Place, class G>
  BEAT_FORCE_INLINE potential_future(Place where, G&& f)
      : forked{std::forward<G>(f)}, index_{where.lane().fork(this)}, lane_{where.lane()} {}

  potential_future(potential_future const&) = delete;
  potential_future& operator=(potential_future const&) = delete;
  static void* operator new(std::size_t) = delete;
  static void* operator new[](std::size_t) = delete;

  BEAT_FORCE_INLINE ~potential_future() {
    if (index_ != got) [[unlikely]]
      leave();
  }

  /// The result of the call, once: runs it here if nobody took it, otherwise waits and helps its thief. In any order
  /// among several futures; the reverse order of creation is the fast one.
  /// *Throws:* what the call throws; error{no_state} the second time.
  BEAT_FORCE_INLINE result_type get() {
    if (is_youngest()) [[likely]] {
      // Marked after the call, so that the compiler sees through to the destructor's test.
      mark_on_exit const marks{*this};
      if (lane_.stack.pop_private(index_)) [[likely]]
        return this->run_here(lane_);
      return get_shared();
    }
    return get_out_of_order();
  }

 private:
  // What `index_` says besides the job's place on the stack: nothing is left of it; or, got out of order, a filler or
  // the thief's mark keeps its place until the destructor.
  static constexpr std::uint32_t got = 0xffff'fffe;
  static constexpr std::uint32_t filled = 0x8000'0000;

  struct mark_on_exit {
    potential_future& future;
    ~mark_on_exit() { future.index_ = got; }
  };

  BEAT_NO_INLINE result_type get_shared() {
    if (lane_.stack.reclaim(index_) == joined::kept) return this->run_here(lane_);
    lane_.await(*this, lane_.release(index_));
    return this->take();
  }

  BEAT_NO_INLINE result_type get_out_of_order() {
    if ((index_ & filled) != 0)
      detail::throw_error(errc::no_state, "get() was called twice on one potential_future: keep its first result");
    std::uint32_t const index = index_;
    index_ |= filled;
    if (lane_.stack.pull_out(index, &detail::filler) == joined::kept) return this->run_here(lane_);
    lane_.await(*this, lane_.thief_of(index));
    return this->take();
  }

  BEAT_NO_INLINE void leave() noexcept {
    bool const is_filled = (index_ & filled) != 0;
    index_ &= ~filled;
    BEAT_ASSERT(is_youngest(), "a potential_future must be destroyed in reverse order of creation, on its thread");
    if (lane_.stack.pop(index_) == joined::kept) return;  // nobody began it, or only the filler was left
    detail::taken_by const thief = lane_.release(index_);
    if (is_filled) return;
    lane_.await(*this, thief);
    this->discard();
  }

  BEAT_FORCE_INLINE bool is_youngest() const noexcept { return lane_.stack.depth() == index_ + 1; }

  std::uint32_t index_;
  detail::lane& lane_;  // asked for after the fork, which may give the thread another one
};

/// Calls `f` potentially in parallel with what follows. No allocation, no lock; outside of a pool `f` runs in get().
/// *Throws:* what copying or moving `f` throws.
template <class F>
  requires task_body<std::decay_t<F>>
BEAT_FORCE_INLINE auto pcall(F&& f) -> potential_future<std::decay_t<F>> {
  return {detail::calling_thread{}, std::forward<F>(f)};
}

/// The same, for code that was given a context: it need not ask the thread.
template <class F>
  requires task_body<std::decay_t<F>>
BEAT_FORCE_INLINE auto pcall(context where, F&& f) -> potential_future<std::decay_t<F>> {
  return {where, std::forward<F>(f)};
}

}  // namespace beat::inline v0
