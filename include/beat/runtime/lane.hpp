#pragma once
// SPDX-License-Identifier: MIT
// The lane: where the calling thread forks to. A worker's lane belongs to a pool; every other thread has one that
// publishes nothing, so that pcall and join run inline there. `current_lane` never is null.

#include <concepts>
#include <cstdint>
#include <type_traits>
#include <utility>

#include <beat/base/atomics.hpp>
#include <beat/base/config.hpp>
#include <beat/runtime/fork_stack.hpp>
#include <beat/runtime/job.hpp>

namespace beat::inline v0::detail {

class worker;
struct lane;

using job = basic_job<lane, std_atomics>;
using job_stack = fork_stack<job, std_atomics>;

/// Who has a stolen job, and from which depth on its stack there are only descendants of that job.
struct taken_by {
  std::uint64_t mark;  // never 0

  static constexpr taken_by worker(std::uint32_t id, std::uint32_t depth) noexcept {
    return {(std::uint64_t{depth} << 32) | (id + 1)};
  }
  constexpr std::uint32_t id() const noexcept { return static_cast<std::uint32_t>(mark & 0xffff'ffff) - 1; }
  constexpr std::uint32_t first_descendant() const noexcept { return static_cast<std::uint32_t>(mark >> 32); }
};

// Stands in the slot of a job that was joined from below younger ones.
inline constinit job filler{};

struct lane {
  job_stack stack;
  worker* const self = nullptr;  // null outside of pools
  void const* loop = nullptr;    // of what kind the innermost loop is whose body runs here; null outside of loops

  /// Forks `j` and returns its place on the stack of the calling thread's lane: this one, unless this is the shared
  /// one.
  BEAT_FORCE_INLINE std::uint32_t fork(job* j) noexcept {
    std::uint32_t const index = stack.push(j);
    if (stack.is_requested()) [[unlikely]]
      return answer(index, j);
    return index;
  }

  /// Forks once more the job at `index`, which was joined last and kept.
  BEAT_FORCE_INLINE void fork_again(std::uint32_t index) noexcept {
    stack.push_again(index);
    if (stack.is_requested()) [[unlikely]]
      answer(index, nullptr);
  }

  /// How many threads can run at once what is forked here.
  std::uint32_t concurrency() const noexcept;

  /// Publishes without being asked: whoever is awake may take it at once, and nobody is woken.
  void offer() noexcept;

  /// Who took the job at `index`. Its place stays occupied until `release`.
  taken_by thief_of(std::uint32_t index) noexcept;

  /// The same for the youngest job: from here on its place is free again.
  taken_by release(std::uint32_t index) noexcept;

  /// Waits until `thief` has ended `j`, and helps that thief meanwhile.
  void await(job& j, taken_by thief) noexcept;

 private:
  BEAT_CALLEE_SAVES std::uint32_t answer(std::uint32_t index, job* j) noexcept;
};

// What threads outside of pools start with. Its standing request sends the first fork of each thread to answer(),
// which moves the thread on to a lane of its own, and the job with it. No job is kept here, and no context refers to
// it.
inline constinit lane shared_lane{.stack = job_stack{true}};

inline constinit thread_local lane* current_lane = &shared_lane;

/// While it lives, the calling thread forks to `l`, a lane that it occupies already.
class lane_scope {
 public:
  explicit lane_scope(lane& l) noexcept : before_{std::exchange(current_lane, &l)} {}
  ~lane_scope() { current_lane = before_; }
  lane_scope(lane_scope const&) = delete;
  lane_scope& operator=(lane_scope const&) = delete;

 private:
  lane* const before_;
};

/// Gives the calling thread, which is outside of pools and has forked nothing yet, its own lane.
BEAT_NO_INLINE inline lane& leave_shared_lane() noexcept {
  static constinit thread_local lane own{.stack = job_stack{false}};
  return *(current_lane = &own);
}

}  // namespace beat::inline v0::detail

namespace beat::inline v0 {

/// Where to fork, as an argument: a callable that accepts one may pass it on to `join` and `pcall`, which then need not
/// ask the thread. Valid only in the call that received it.
class context {
 public:
  BEAT_FORCE_INLINE explicit context(detail::lane& l) noexcept : lane_{&l} {}
  BEAT_FORCE_INLINE detail::lane& lane() const noexcept { return *lane_; }

 private:
  detail::lane* lane_;
};

/// The context of the calling thread: inside of a pool's task its worker, elsewhere one that runs everything inline.
inline context here() noexcept {
  detail::lane& l = *detail::current_lane;
  return context{&l == &detail::shared_lane ? detail::leave_shared_lane() : l};
}

/// What pcall, join and the pool's functions accept: callable with no argument, or with a `beat::context`.
template <class F>
concept task_body = std::invocable<F&> || std::invocable<F&, context>;

namespace detail {

template <class F>
concept wants_context = std::is_invocable_v<F, context>;

/// Stands for a context where code was given none: the thread is asked each time. That costs less than keeping the lane
/// in a register during a call. After a fork it is not the shared lane.
struct calling_thread {
  BEAT_FORCE_INLINE detail::lane& lane() const noexcept { return *current_lane; }
};

template <class F>
struct call_result : std::invoke_result<F> {};
template <wants_context F>
struct call_result<F> : std::invoke_result<F, context> {};

/// What `call` returns.
template <class F>
using call_result_t = typename call_result<F>::type;

/// Calls `f`, with the context if it accepts one.
template <class F>
BEAT_FORCE_INLINE decltype(auto) call(F&& f, [[maybe_unused]] lane& l) {
  if constexpr (wants_context<F>)
    return std::forward<F>(f)(context{l});
  else
    return std::forward<F>(f)();
}

}  // namespace detail

}  // namespace beat::inline v0
