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
#include <beat/base/error.hpp>
#include <beat/task/forked.hpp>

namespace beat::inline v0 {

/// What an algorithm may be given beside its arguments.
struct loop_options {
  /// Once stop is requested no further element is begun, and the algorithm throws errc::cancelled.
  std::stop_token stop = {};
};

namespace detail {

/// What all parts of one loop share.
class loop_control {
 public:
  explicit loop_control(std::stop_token stop) noexcept : stop_{std::move(stop)}, stoppable_{stop_.stop_possible()} {}

  /// Whether elements are to be begun one by one, with a look at the token before each.
  bool stoppable() const noexcept { return stoppable_; }

  /// Whether what is left is not to be done: some part threw, or stop is requested. Remembers that something was left.
  bool gives_up() noexcept {
    if (abandoned()) return true;
    if (!stoppable_ || !stop_.stop_requested()) return false;
    abandon();
    return true;
  }
  void abandon() noexcept { abandoned_.store(true, std::memory_order_relaxed); }
  bool abandoned() const noexcept { return abandoned_.load(std::memory_order_relaxed); }

  /// To be called at the end, where no part threw. *Throws:* error{cancelled} if something was left.
  void check() const {
    if (abandoned()) throw_error(errc::cancelled, "the algorithm was stopped by its stop token before it was through");
  }

 private:
  std::stop_token const stop_;
  bool const stoppable_;
  std::atomic<bool> abandoned_{false};  // set by a part that threw, or that left elements undone
};

/// `Body` has a type `part` (what a stretch of the loop yields; default-constructed: nothing yet), `fold(part&, i, n)`
/// which continues with the elements i to n, and `merge(part&, part&&)` which appends what follows.
template <class Body>
class loop {
 public:
  using part = typename Body::part;

  loop(Body& body, loop_control& control) noexcept : body_{body}, control_{control} {}

  part run(lane& l, std::size_t first, std::size_t last) {
    part done{};
    loop_timer timer{cost_, last - first};
    chunks lengths{timer.grain()};
    // Those who are awake and look for work get a part at once where it is worth their while.
    bool offered = !timer.is_worth_sharing();
    while (first < last && !control_.gives_up()) {
      std::size_t const next = first + lengths.next(last - first);
      if (next == last) {
        fold(done, first, last);
        timer.count(last - first);
        break;
      }
      std::size_t const middle = std::max(next, first + lengths.lower(last - first));
      forked<upper_part> upper{upper_part{*this, middle, last}};
      std::uint32_t const index = l.fork(&upper);
      if (!std::exchange(offered, true)) l.offer();
      try {
        fold(done, first, next);
      } catch (...) {
        drop(upper, l, index);
        throw;
      }
      timer.count(next - first);
      if (l.stack.pop(index) == joined::taken) {
        finish_split(done, next, middle, upper, l, index);
        break;
      }
      first = next;
    }
    return done;
  }

 private:
  /// How long the next chunk is. Of unknown cost: 1, 2, 4, ..., and at most an eighth of what is left. Of known cost:
  /// at least a grain; but the first one is at most half of the loop, as iterations may have become longer.
  class chunks {
   public:
    explicit chunks(std::size_t grain) noexcept : grain_{grain}, longest_{std::max<std::size_t>(grain, 1)} {}

    std::size_t next(std::size_t left) noexcept {
      if (!std::exchange(is_first_, false) && left <= grain_) return left;
      std::size_t const length = std::max(std::min(grain_, (left + 1) / 2), std::min(longest_, (left - 1) / 8 + 1));
      longest_ = length * 2;
      return length;
    }

    /// Where to cut what is left: in halves, but a thief begins some 0.5 µs later than the owner.
    std::size_t lower(std::size_t left) const noexcept { return left / 2 + std::min(grain_, left) / 8; }

   private:
    std::size_t const grain_;
    std::size_t longest_;
    bool is_first_ = true;
  };

  struct upper_part {
    loop& whole;
    std::size_t first, last;
    part operator()(context where) { return whole.run(where.lane(), first, last); }
  };

  void fold(part& done, std::size_t first, std::size_t last) {
    try {
      if (!control_.stoppable()) return body_.fold(done, first, last);
      for (; first < last && !control_.gives_up(); ++first) body_.fold(done, first, first + 1);
    } catch (...) {
      control_.abandon();
      throw;
    }
  }

  /// The upper part was taken: the rest of the lower one is done here, then the thief's follows.
  BEAT_NO_INLINE void finish_split(part& done, std::size_t first, std::size_t middle, forked<upper_part>& upper,
                                   lane& l, std::uint32_t index) {
    taken_by const thief = l.release(index);
    try {
      part lower = run(l, first, middle);
      body_.merge(done, std::move(lower));
    } catch (...) {
      control_.abandon();
      l.await(upper, thief);
      upper.discard();
      throw;
    }
    l.await(upper, thief);
    body_.merge(done, upper.take());
  }

  BEAT_NO_INLINE void drop(forked<upper_part>& upper, lane& l, std::uint32_t index) noexcept {
    if (l.stack.pop(index) == joined::kept) return;
    l.await(upper, l.release(index));
    upper.discard();
  }

  Body& body_;
  loop_control& control_;
  loop_cost& cost_ = loop_cost_of<Body>;
};

/// Runs `body` over [0, size) at `l`. *Throws:* one of the exceptions of the body; error{cancelled} on a stop request.
template <class Body>
typename Body::part run_loop(lane& l, std::size_t size, Body& body, loop_options const& options) {
  loop_control control{options.stop};
  auto result = loop<Body>{body, control}.run(l, 0, size);
  control.check();
  return result;
}

}  // namespace detail
}  // namespace beat::inline v0
