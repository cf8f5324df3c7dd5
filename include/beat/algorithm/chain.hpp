#pragma once
// SPDX-License-Identifier: MIT
// The chain: how algorithms go over [0, n) where each stretch needs what is known after the one before. Whoever is at
// the front goes on from there in one pass, as serial code does. Others look ahead meanwhile: they find out what later
// stretches add, so that what is known goes past these before they are done. Nobody waits for anybody.
// Invariant: a stretch is begun once, in order, and its elements are looked at once and done once, or only done.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <utility>

#include <beat/algorithm/loop.hpp>
#include <beat/algorithm/loop_cost.hpp>
#include <beat/task/join.hpp>

namespace beat::inline v0::detail {

/// Calls `f(i)` for each i of a stretch, in order, until stop is requested.
template <class F>
BEAT_FORCE_INLINE void each_of(std::size_t first, std::size_t last, loop_control& control, F&& f) {
  if (control.stoppable()) {
    for (; first < last && !control.gives_up(); ++first) f(first);
  } else {
    for (; first < last; ++first) f(first);
  }
}

/// `Body` has a type `state` (what is known at some place), a type `summary` (what a stretch adds to it), and
///   `advance(state&, first, last)`, which does a stretch, from the state before it to the one after;
///   `look(first, last)`, which returns the summary of a stretch;
///   `skip(state, summary const&)`, which returns the state after a stretch that was looked at, and
///   `finish(state, summary&&, first, last)`, which does such a stretch, given the state before it.
template <class Body>
class chain {
 public:
  using state = typename Body::state;
  using summary = typename Body::summary;

  chain(Body& body, loop_control& control, std::size_t size, state start)
      : body_{body}, control_{control}, size_{size}, known_{std::move(start)} {}

  /// Goes over all of it, and returns the state at the end.
  /// *Throws:* one of the exceptions of the body; error{cancelled} on a stop request.
  state run(context where) {
    workers_ = where.lane().concurrency();
    std::size_t const grain = cost_of_one().grain();
    is_worth_sharing_ = grain != 0 && size_ / grain >= 2;
    work(where, workers_);
    control_.check();
    return *std::move(known_);
  }

 private:
  static constexpr std::size_t longest = 16;  // in grains: long against what the lock costs, short against the cache

  static constexpr std::size_t most = 1U << 20;  // elements in a stretch

  struct stretch {
    std::size_t first, last;
    std::optional<summary> seen;  // once it was looked at
  };

  static loop_cost& cost_of_one() noexcept { return loop_cost_of<Body>; }

  /// With so many workers, of which each one that takes a share of the others helps.
  void work(context where, unsigned workers) {
    if (workers < 2) {
      if (is_worth_sharing_) where.lane().offer();
      return help();
    }
    if (!is_anything_left()) return;
    join(
        where, [&](context there) { work(there, workers - workers / 2); },
        [&](context there) { work(there, workers / 2); });
  }

  bool is_anything_left() {
    std::lock_guard const lock{mutex_};
    return next_ < size_ || !ahead_.empty();
  }

  /// Does what there is to do. What can't be done yet is left to whoever makes it known how. Where something throws
  /// under the lock, the others see that before they see what it left behind: a stretch that nobody does, or a state of
  /// another place.
  void help() {
    std::unique_lock lock{mutex_};
    try {
      for (;;) {
        bool const can_finish = known_ && !ahead_.empty() && ahead_.front().seen;
        if ((!can_finish && next_ == size_) || control_.gives_up()) return;
        if (can_finish)
          finish_next(lock);
        else if (known_ && ahead_.empty())
          advance(lock);
        else
          look_ahead(lock);
      }
    } catch (...) {
      control_.abandon();
      throw;
    }
  }

  void advance(std::unique_lock<std::mutex>& lock) {
    auto const [first, last] = begin_stretch();
    state now_known = take_known();
    lock.unlock();
    std::int64_t const start = now();
    body_.advance(now_known, first, last);
    std::int64_t const time = now() - start;
    if (time >= shortest_measured) cost_of_one().record(last - first, time);
    lock.lock();
    known_.emplace(std::move(now_known));
  }

  void look_ahead(std::unique_lock<std::mutex>& lock) {
    auto const [first, last] = begin_stretch();
    stretch& mine = ahead_.emplace_back(stretch{first, last, {}});
    lock.unlock();
    summary seen = body_.look(first, last);
    lock.lock();
    mine.seen.emplace(std::move(seen));
  }

  void finish_next(std::unique_lock<std::mutex>& lock) {
    std::list<stretch> taken;
    taken.splice(taken.begin(), ahead_, ahead_.begin());
    stretch& next = taken.front();
    state before = take_known();
    lock.unlock();
    state after = body_.skip(before, *next.seen);
    lock.lock();
    known_.emplace(std::move(after));
    lock.unlock();
    body_.finish(std::move(before), *std::move(next.seen), next.first, next.last);
    lock.lock();
  }

  state take_known() {
    state taken = *std::move(known_);
    known_.reset();
    return taken;
  }

  /// The next one, of 1, 2, 4, ... elements as long as nobody knows what one costs. Towards the end they become short
  /// again, so that all workers end at about the same time.
  std::pair<std::size_t, std::size_t> begin_stretch() noexcept {
    std::size_t const grain = std::max<std::size_t>(cost_of_one().grain(), 1);
    std::size_t const left = size_ - next_;
    std::size_t const length = std::min(left, std::max(grain, std::min(length_, left / 2 / workers_)));
    length_ = std::min({2 * std::max(length_, grain), grain == 1 ? most : longest * grain, most});
    std::size_t const first = std::exchange(next_, next_ + length);
    return {first, next_};
  }

  static constexpr std::int64_t shortest_measured = 500;  // nanoseconds: below, the clock itself is what is measured

  Body& body_;
  loop_control& control_;
  std::size_t const size_;
  unsigned workers_ = 1;           // written before anything is forked
  bool is_worth_sharing_ = false;  // the same
  std::mutex mutex_;               // for all below
  std::size_t next_ = 0;           // the first element that is in no stretch yet
  std::size_t length_ = 1;         // of the next stretch
  std::list<stretch> ahead_;       // that are looked at, in order; none after next_
  std::optional<state> known_;     // before the first of these, or before next_; none while somebody advances it
};

}  // namespace beat::inline v0::detail
