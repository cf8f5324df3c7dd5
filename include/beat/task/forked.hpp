#pragma once
// SPDX-License-Identifier: MIT
// The forked call: the job that pcall and join put on the stack, with its callable and room for its result.
// Invariant: it is joined on the thread that forked it, before it is destroyed; its owner (pcall, join) sees to that.

#include <cstdint>
#include <type_traits>
#include <utility>

#include <beat/runtime/waiting.hpp>
#include <beat/task/outcome.hpp>

namespace beat::inline v0::detail {

/// `F` may be a reference: then the callable lives elsewhere for as long.
template <class F>
class forked : public job {
 public:
  using result = call_result_t<F&>;

  /// Its index on the stack, set and used by its owner. Here, as a register would have to be saved by each callee.
  std::uint32_t place;

  template <class G>
  BEAT_FORCE_INLINE explicit forked(G&& f) noexcept(std::is_nothrow_constructible_v<F, G>)
      : job{&run_for_thief}, callable_(std::forward<G>(f)) {}

  /// Its owner may change it while no thief can have it: before it is forked, and once it was joined and kept.
  F& callable() noexcept { return callable_; }

  /// Runs it here, once it was joined and kept.
  BEAT_FORCE_INLINE result run_here(lane& l) { return call(callable_, l); }

  /// Once its thief has ended it: the result or the exception, or neither.
  result take() { return outcome_.take(failed()); }
  void discard() noexcept { outcome_.discard(failed()); }

 private:
  static job_mark run_for_thief(job* self, lane& thief) {
    forked& f = static_cast<forked&>(*self);
    return f.outcome_.capture([&]() -> result { return call(f.callable_, thief); }) ? job_mark::done : job_mark::failed;
  }

  F callable_;
  outcome<result> outcome_;
};

}  // namespace beat::inline v0::detail
