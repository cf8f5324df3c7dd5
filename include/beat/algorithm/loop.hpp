#pragma once
// SPDX-License-Identifier: MIT
// The loop: how algorithms go over [0, n). It runs in chunks, and before each it forks the upper half of what is left
// as one job: kept, the loop goes on; taken, it has halved itself. How long chunks are follows from what they cost.
// Invariant: no part outlives the loop, whatever its body throws.

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <stop_token>
#include <utility>

#include <beat/algorithm/loop_cost.hpp>
#include <beat/algorithm/loop_options.hpp>
#include <beat/base/error.hpp>
#include <beat/task/forked.hpp>

namespace beat::inline v0 {

namespace detail {

[[noreturn]] inline void throw_stopped() {
  throw_error(errc::cancelled, "the algorithm was stopped by its stop token before it was through");
}

/// What all parts of one loop share.
class loop_control {
 public:
  explicit loop_control(std::stop_token const& stop) noexcept
      : stop_{stop}, state_{stop.stop_possible() ? watched : running} {}

  /// Whether elements are to be begun one by one, with a look at the token before each.
  bool stoppable() const noexcept { return stop_.stop_possible(); }

  /// Whether what is left is not to be done: some part threw, or stop is requested. Remembers that something was left.
  BEAT_FORCE_INLINE bool gives_up() noexcept {
    return state_.load(std::memory_order_relaxed) != running && (abandoned() || is_stopped());
  }
  void abandon() noexcept { state_.store(over, std::memory_order_relaxed); }
  bool abandoned() const noexcept { return state_.load(std::memory_order_relaxed) == over; }

  /// To be called at the end, where no part threw. *Throws:* error{cancelled} if something was left.
  void check() const {
    if (abandoned()) throw_stopped();
  }

 private:
  BEAT_NO_INLINE bool is_stopped() noexcept {
    if (!stop_.stop_requested()) return false;
    abandon();
    return true;
  }

  std::stop_token const& stop_;
  enum state : std::uint8_t {
    running,
    watched,  // runs, and the token may stop it
    over      // a part threw, or left elements undone
  };
  std::atomic<state> state_;
};

/// While it lives, the code that runs at `l` is within a loop of this kind.
class loop_nesting {
 public:
  loop_nesting(lane& l, void const* kind) noexcept : lane_{l}, outer_{std::exchange(l.loop, kind)} {}
  ~loop_nesting() { lane_.loop = outer_; }
  loop_nesting(loop_nesting const&) = delete;
  loop_nesting& operator=(loop_nesting const&) = delete;

 private:
  lane& lane_;
  void const* const outer_;
};

/// How long the next chunk is, where the clock tells what an iteration costs. Of unknown cost: 1, 2, 4, ..., and at
/// most an eighth of what is left. Of known cost: at least a grain; but the first one is at most half of the loop, as
/// iterations may have become longer.
class measured_steps {
 public:
  measured_steps(loop_cost& cost, std::size_t size) noexcept
      : timer_{cost, size}, longest_{std::max<std::size_t>(timer_.grain(), 1)} {}

  std::size_t next(std::size_t left) noexcept {
    if (!std::exchange(is_first_, false) && left <= timer_.grain()) return left;
    std::size_t const length =
        std::max(std::min(timer_.grain(), (left + 1) / 2), std::min(longest_, (left - 1) / 8 + 1));
    longest_ = length * 2;
    return length;
  }

  /// Where to cut [first, last), whose elements up to `next` are begun: in halves, but a thief begins some 0.5 µs later
  /// than the owner.
  std::size_t middle(std::size_t first, std::size_t next, std::size_t last) const noexcept {
    std::size_t const left = last - first;
    return std::max(next, first + left / 2 + std::min(timer_.grain(), left) / 8);
  }

  bool is_worth_sharing() const noexcept { return timer_.is_worth_sharing(); }

  /// After each chunk.
  void count(std::size_t iterations) noexcept { timer_.count(iterations); }

 private:
  loop_timer timer_;
  std::size_t longest_;
  bool is_first_ = true;
};

/// The same where every iteration may be long, or nothing.
struct single_steps {
  static std::size_t next(std::size_t) noexcept { return 1; }
  static std::size_t middle(std::size_t, std::size_t next, std::size_t last) noexcept {
    return next + (last - next) / 2;
  }
  static bool is_worth_sharing() noexcept { return false; }
  static void count(std::size_t) noexcept {}
};

/// `Body` has a type `part` (what a stretch of the loop yields; default-constructed: nothing yet), `step(part&, i)`
/// which continues with element i, `fold(part&, i, n)` which does so with the elements i to n, and `merge(part&,
/// part&&)` which appends what follows.
template <class Body>
class loop {
 public:
  using part = typename Body::part;

  /// Within a loop of the same kind, which is a recursion, iterations may cost anything: nobody asks the clock then.
  loop(lane& l, Body body, std::stop_token const& stop)
      : body_{std::move(body)}, control_{stop}, one_by_one_{l.loop == &loop_cost_of<Body>} {}

  loop_control const& control() const noexcept { return control_; }

  /// At `l`, the elements [first, last). Appends to `done`.
  void run(lane& l, part& done, std::size_t first, std::size_t last) {
    loop_nesting const inside{l, &loop_cost_of<Body>};
    try {
      if constexpr (requires { body_.steps(); })
        run_by(body_.steps(), l, done, first, last);
      else if (one_by_one_)
        run_by(single_steps{}, l, done, first, last);
      else
        run_by(measured_steps{loop_cost_of<Body>, last - first}, l, done, first, last);
    } catch (...) {
      control_.abandon();
      throw;
    }
  }

 private:
  struct upper_part {
    loop& whole;
    std::size_t first, last;
    part operator()(context where) {
      part done{};
      whole.run(where.lane(), done, first, last);
      return done;
    }
  };

  template <class Steps>
  void run_by(Steps&& steps, lane& l, part& result, std::size_t first, std::size_t last) {
    if (first == last || control_.gives_up()) return;
    part done{};  // a local, so that the compiler keeps it in a register
    std::size_t next = first + steps.next(last - first);
    if (next != last) {
      forked<upper_part> upper{upper_part{*this, steps.middle(first, next, last), last}};
      std::uint32_t const index = l.fork(&upper);
      // Those who are awake and look for work get a part at once where it is worth their while.
      if (steps.is_worth_sharing()) l.offer();
      for (;;) {
        try {
          fold(steps, done, first, next);
        } catch (...) {
          drop(upper, l, index);
          throw;
        }
        steps.count(next - first);
        if (l.stack.pop(index) == joined::taken) {
          taken_by const thief = l.release(index);
          try {
            body_.merge(result, std::move(done));
          } catch (...) {
            drop(upper, l, thief);
            throw;
          }
          return finish_split(result, next, upper, l, thief);
        }
        first = next;
        if (control_.gives_up()) break;
        next = first + steps.next(last - first);
        if (next == last) break;
        upper.callable().first = steps.middle(first, next, last);
        l.fork_again(index);
      }
    }
    if (next == last) {
      fold(steps, done, first, last);
      steps.count(last - first);
    }
    body_.merge(result, std::move(done));
  }

  BEAT_FORCE_INLINE void fold(single_steps, part& done, std::size_t first, std::size_t) { body_.step(done, first); }

  template <class Steps>
  void fold(Steps const&, part& done, std::size_t first, std::size_t last) {
    if (!control_.stoppable()) return body_.fold(done, first, last);
    for (; first < last && !control_.gives_up(); ++first) body_.step(done, first);
  }

  /// The upper part was taken: the rest of the lower one is done here, then the thief's follows.
  BEAT_NO_INLINE void finish_split(part& done, std::size_t first, forked<upper_part>& upper, lane& l, taken_by thief) {
    try {
      run(l, done, first, upper.callable().first);
    } catch (...) {
      drop(upper, l, thief);
      throw;
    }
    l.await(upper, thief);
    body_.merge(done, upper.take());
  }

  /// Something threw here: nobody may be at the upper part when its owner leaves.
  BEAT_NO_INLINE void drop(forked<upper_part>& upper, lane& l, std::uint32_t index) noexcept {
    if (l.stack.pop(index) == joined::taken) drop(upper, l, l.release(index));
  }
  BEAT_NO_INLINE void drop(forked<upper_part>& upper, lane& l, taken_by thief) noexcept {
    control_.abandon();
    l.await(upper, thief);
    upper.discard();
  }

  Body body_;
  loop_control control_;
  bool const one_by_one_;
};

/// Runs `body` over [0, size) at `l`, and appends what it yields to `result`.
/// *Throws:* one of the exceptions of the body; error{cancelled} on a stop request.
template <class Body>
void run_loop(lane& l, std::size_t size, Body body, typename Body::part& result, loop_options const& options) {
  loop<Body> whole{l, std::move(body), options.stop};
  whole.run(l, result, 0, size);
  whole.control().check();
}

}  // namespace detail
}  // namespace beat::inline v0
