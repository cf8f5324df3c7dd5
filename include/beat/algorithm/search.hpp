#pragma once
// SPDX-License-Identifier: MIT
// The search: how algorithms look for the first of [0, n) that matches. All who take part claim blocks from the front,
// so that nothing far behind a match is begun. Whoever takes part forks one assistant, who does the same.
// Invariant: each has at most one find, as what it would claim after that lies behind.

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <stop_token>
#include <utility>

#include <beat/algorithm/loop.hpp>
#include <beat/algorithm/loop_cost.hpp>
#include <beat/task/forked.hpp>

namespace beat::inline v0::detail {

/// How long the next block is, where the clock tells what an element costs: at first what takes about 2 µs, then twice
/// as long each time, up to 64 µs (memory is read faster in long stretches); of unknown cost 1, 2, 4, ...; and near the
/// end an eighth of what is left, but no less than 2 µs.
class measured_blocks {
 public:
  measured_blocks(loop_cost& cost, std::size_t size) noexcept
      : cost_{cost}, timer_{cost, size}, length_{std::max<std::size_t>(timer_.grain(), 1)} {}

  std::size_t next(std::size_t left) noexcept {
    if (std::exchange(is_first_, false)) return std::min(length_, (left + 1) / 2);
    std::size_t const grain = cost_.grain();
    length_ = grain == 0 ? 2 * length_ : std::min(2 * length_, longest * grain);
    return std::min(left, std::max(grain, std::min(length_, left / 8 + 1)));
  }

  bool is_worth_sharing() const noexcept { return timer_.is_worth_sharing(); }

  /// After each block.
  void count(std::size_t elements) noexcept { timer_.count(elements); }

 private:
  static constexpr std::size_t longest = 32;  // in grains

  loop_cost& cost_;
  loop_timer timer_;
  std::size_t length_;
  bool is_first_ = true;
};

/// The same where every element may take long, or no time.
struct single_blocks {
  static std::size_t next(std::size_t) noexcept { return 1; }
  static bool is_worth_sharing() noexcept { return false; }
  static void count(std::size_t) noexcept {}
};

/// `matches(i)` says whether element i does; where there is a faster way, `matches.find(first, last)` returns the first
/// of a stretch that does, or its end. They are called by several threads at once.
template <class Matches>
class search {
 public:
  search(lane& l, std::size_t size, Matches matches, std::stop_token const& stop)
      : matches_{std::move(matches)},
        size_{size},
        end_{size},
        control_{stop},
        one_by_one_{l.loop == &loop_cost_of<Matches>} {}

  /// The first element that matches, or the size.
  /// *Throws:* what `matches` throws for an element before that; error{cancelled} on a stop request.
  std::size_t run(lane& l) {
    find const first = assist(l);
    if (first.error) std::rethrow_exception(first.error);
    control_.check();
    return first.at;
  }

 private:
  /// A match, or where the error is set a block that threw; at the size where there is none.
  struct find {
    std::size_t at;
    std::exception_ptr error;
  };

  struct block {
    std::size_t first, last;
  };

  struct assistant {
    search& whole;
    find operator()(context where) { return whole.assist(where.lane()); }
  };

  find assist(lane& l) {
    loop_nesting const inside{l, &loop_cost_of<Matches>};
    if (one_by_one_) return assist_by(single_blocks{}, l);
    return assist_by(measured_blocks{loop_cost_of<Matches>, left()}, l);
  }

  template <class Blocks>
  find assist_by(Blocks&& blocks, lane& l) {
    find mine{size_, nullptr};
    block b = claim(blocks);
    if (b.last == size_) {
      look(mine, b, blocks);
      return mine;
    }
    forked<assistant> other{assistant{*this}};
    std::uint32_t const index = l.fork(&other);
    // Those who are awake and look for work come at once where it is worth their while.
    if (blocks.is_worth_sharing()) l.offer();
    for (;;) {
      look(mine, b, blocks);
      if (l.stack.pop(index) == joined::taken) return finish_assisted(mine, blocks, other, l, l.release(index));
      b = claim(blocks);
      if (b.first == b.last) return mine;
      l.fork_again(index);
    }
  }

  /// The assistant was taken: it has one of its own where others have time, too.
  template <class Blocks>
  BEAT_NO_INLINE find finish_assisted(find& mine, Blocks& blocks, forked<assistant>& other, lane& l, taken_by thief) {
    for (block b = claim(blocks); b.first != b.last; b = claim(blocks)) look(mine, b, blocks);
    l.await(other, thief);
    find theirs = other.take();
    return std::move(theirs.at < mine.at ? theirs : mine);
  }

  /// How much is neither claimed nor behind a find.
  std::size_t left() const noexcept {
    std::size_t const next = next_.load(std::memory_order_relaxed);
    std::size_t const end = end_.load(std::memory_order_relaxed);
    return next < end ? end - next : 0;
  }

  /// The next block; an empty one where nothing is to be done any more.
  template <class Blocks>
  block claim(Blocks& blocks) noexcept {
    std::size_t const rest = left();
    if (rest == 0 || control_.gives_up()) return {size_, size_};
    std::size_t const length = blocks.next(rest);
    std::size_t const first = std::min(next_.fetch_add(length, std::memory_order_relaxed), size_);
    return {first, first + std::min(length, size_ - first)};
  }

  template <class Blocks>
  void look(find& mine, block b, Blocks& blocks) noexcept {
    try {
      std::size_t const at = control_.stoppable() ? scan_watchfully(b) : scan(b);
      if (at == b.last) return blocks.count(b.last - b.first);
      mine.at = at;
    } catch (...) {
      mine = {b.first, std::current_exception()};
    }
    std::size_t end = end_.load(std::memory_order_relaxed);
    while (mine.at < end && !end_.compare_exchange_weak(end, mine.at, std::memory_order_relaxed)) {
    }
  }

  /// The first match of the block, or its end.
  std::size_t scan(block b) {
    auto [i, last] = b;
    if constexpr (requires { matches_.find(i, last); }) return matches_.find(i, last);
    for (; last - i >= 4; i += 4) {
      if (matches_(i)) return i;
      if (matches_(i + 1)) return i + 1;
      if (matches_(i + 2)) return i + 2;
      if (matches_(i + 3)) return i + 3;
    }
    while (i != last && !matches_(i)) ++i;
    return i;
  }

  /// The same with a look at the token before each element.
  std::size_t scan_watchfully(block b) {
    for (; b.first != b.last; ++b.first) {
      if (b.first >= end_.load(std::memory_order_relaxed) || control_.gives_up()) return b.last;
      if (matches_(b.first)) return b.first;
    }
    return b.last;
  }

  Matches matches_;
  std::size_t const size_;
  std::atomic<std::size_t> next_{0};  // all from there on is not claimed yet; whoever claims a block moves it
  std::atomic<std::size_t> end_;      // nobody needs to look from there on; whoever has a find lowers it, all read it
  loop_control control_;
  bool const one_by_one_;
};

/// The first i of [0, size) where `matches(i)`, or size.
template <class Matches>
std::size_t run_search(lane& l, std::size_t size, Matches matches, std::stop_token const& stop) {
  if (size == 0) return 0;
  search<Matches> whole{l, size, std::move(matches), stop};
  return whole.run(l);
}

}  // namespace beat::inline v0::detail
