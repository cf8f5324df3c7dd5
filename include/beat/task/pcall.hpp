#pragma once
// SPDX-License-Identifier: MIT
// pcall: a call that may run in parallel with what follows, at the price of a plain call where nobody is idle.
// The future lives on the caller's stack. Protocol: runtime/README.md, "Join" and "Out of order".

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include <beat/base/assert.hpp>
#include <beat/base/config.hpp>
#include <beat/base/error.hpp>
#include <beat/task/forked.hpp>

namespace beat::inline v0 {

/// A call that another thread may take while this one goes on. It is pinned: neither copied nor moved, not on the heap,
/// used by the thread that made it and in the same call of `run` or task, and destroyed in reverse order of creation,
/// as local variables are. Destroyed before `get`, it discards a call that nobody began, and waits for one that
/// somebody did. `Place` says where it was forked: a context, or the calling thread.
template <class F, class Place = detail::calling_thread>
class [[nodiscard("a future destroyed at once discards its call; keep it until get()")]] potential_future
    : private detail::forked<F> {
  using forked = detail::forked<F>;

 public:
  using result_type = typename forked::result;

  template <class G>
  BEAT_FORCE_INLINE potential_future(Place where, G&& f) : forked{std::forward<G>(f)}, where_{where} {
    this->place = where.lane().fork(this);
  }

  potential_future(potential_future const&) = delete;
  potential_future& operator=(potential_future const&) = delete;
  static void* operator new(std::size_t) = delete;
  static void* operator new[](std::size_t) = delete;

  BEAT_FORCE_INLINE ~potential_future() {
    if (this->place != got) [[unlikely]]
      leave();
  }

  /// The result of the call, once: runs it here if nobody took it, otherwise waits and helps its thief. In any order
  /// among several futures; the reverse order of creation is the fast one.
  /// *Throws:* what the call throws; error{no_state} the second time.
  BEAT_FORCE_INLINE result_type get() {
    detail::lane& l = where_.lane();
    std::uint32_t const index = this->place;
    // Not depth() - 1 == index: g++ would then go on with the former, which has to wait for the last fork or join.
    if (l.stack.depth() == index + 1) [[likely]] {
      // Marked after the call, so that the compiler sees through to the destructor's test.
      mark_on_exit const marks{*this};
      if (l.stack.pop_private(index)) [[likely]]
        return this->run_here(where_.lane());
      return get_shared(l, index);
    }
    return get_out_of_order(this + 1, l);
  }

 private:
  // What `place` says besides the job's place on the stack: nothing is left of it; or, got out of order, a filler or
  // the thief's mark keeps its place until the destructor.
  static constexpr std::uint32_t got = 0xffff'fffe;
  static constexpr std::uint32_t filled = 0x8000'0000;

  struct mark_on_exit {
    potential_future& future;
    ~mark_on_exit() { future.place = got; }
  };

  BEAT_NO_INLINE result_type get_shared(detail::lane& l, std::uint32_t index) {
    if (l.stack.reclaim(index) == joined::kept) return this->run_here(l);
    l.await(*this, l.release(index));
    return this->take();
  }

  /// Of the future that ends at `end`: given its beginning, as leave() is, g++ keeps that between the two calls in a
  /// register, which the fast path then has to save.
  BEAT_NO_INLINE static result_type get_out_of_order(potential_future* end, detail::lane& l) {
    potential_future& self = *(end - 1);
    if ((self.place & filled) != 0)
      detail::throw_error(errc::no_state, "get() was called twice on one potential_future: keep its first result");
    std::uint32_t const index = self.place;
    self.place |= filled;
    if (l.stack.pull_out(index, &detail::filler) == joined::kept) return self.run_here(l);
    l.await(self, l.thief_of(index));
    return self.take();
  }

  BEAT_NO_INLINE BEAT_CALLEE_SAVES void leave() noexcept {
    detail::lane& l = where_.lane();
    bool const is_filled = (this->place & filled) != 0;
    std::uint32_t const index = this->place & ~filled;
    BEAT_ASSERT(l.stack.depth() == index + 1,
                "a potential_future must be destroyed in reverse order of creation, on its thread");
    if (l.stack.pop(index) == joined::kept) return;  // nobody began it, or only the filler was left
    detail::taken_by const thief = l.release(index);
    if (is_filled) return;
    l.await(*this, thief);
    this->discard();
  }

  [[no_unique_address]] Place where_;
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
BEAT_FORCE_INLINE auto pcall(context where, F&& f) -> potential_future<std::decay_t<F>, context> {
  return {where, std::forward<F>(f)};
}

}  // namespace beat::inline v0
