#pragma once
// SPDX-License-Identifier: MIT
// The forked call: the job that pcall and join put on the stack, with its callable and room for its result.
// Invariant: it is joined on the thread that forked it, before it is destroyed; its owner (pcall, join) sees to that.

#include <concepts>
#include <cstdint>
#include <type_traits>
#include <utility>

#include <beat/runtime/waiting.hpp>
#include <beat/task/outcome.hpp>

namespace beat::inline v0 {

/// What pcall, join and the pool's functions accept: callable with no argument, or with a `beat::context`.
template <class F>
concept task_body = std::invocable<F&> || std::invocable<F&, context>;

namespace detail {

/// `F` may be a reference: then the callable lives elsewhere for as long.
template <class F>
class forked : public job {
 public:
  using result = call_result_t<F&>;

  template <class G>
  BEAT_FORCE_INLINE forked(lane& l, G&& f) noexcept(std::is_nothrow_constructible_v<F, G>)
      : job{&run_for_thief}, callable_(std::forward<G>(f)), lane_{l}, index_{l.fork(this)} {}

  BEAT_FORCE_INLINE bool is_youngest() const noexcept { return lane_.stack.depth() == index_ + 1; }

  /// Joins it as the youngest.
  BEAT_FORCE_INLINE joined pop() noexcept { return lane_.stack.pop(index_); }

  /// Joins it from below younger ones. A filler keeps its place.
  joined pull_out() noexcept {
    return lane_.stack.pull_out(index_, &filler);
  }

  /// Runs it here, once it was joined and kept.
  BEAT_FORCE_INLINE result run_here() { return call(callable_, lane_); }

  /// Waits for its thief, once it was joined and taken. Then `take` or `discard`.
  void await(bool youngest) noexcept { lane_.await(*this, index_, youngest); }
  result take() { return outcome_.take(failed()); }
  void discard() noexcept { outcome_.discard(failed()); }

  /// Frees its place, once everything younger is gone and its result was taken earlier.
  void retire() noexcept {
    if (pop() == joined::taken) lane_.retire(index_);
  }

 private:
  static job_mark run_for_thief(job* self, lane& thief) {
    forked& f = static_cast<forked&>(*self);
    return f.outcome_.capture([&]() -> result { return call(f.callable_, thief); }) ? job_mark::done : job_mark::failed;
  }

  F callable_;
  outcome<result> outcome_;
  lane& lane_;
  std::uint32_t const index_;  // last: from here on thieves may run it
};

}  // namespace detail
}  // namespace beat::inline v0
