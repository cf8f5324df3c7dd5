#pragma once
// SPDX-License-Identifier: MIT
// The roster: how many threads of a pool run tasks, who searches for work, and who sleeps until there is some.
// Kernel (proof: README.md, "Sleep and wake"). Invariant: while work is visible and a permit is free, some thread
// searches, or a wake-up is on its way, or every thread of the pool is at work.

#include <atomic>
#include <cstdint>
#include <memory>

#include <beat/base/cache_line.hpp>
#include <beat/runtime/event_count.hpp>

namespace beat::inline v0 {

template <class Atomics>
class roster {
  template <class U>
  using atomic = typename Atomics::template atomic<U>;

 public:
  using key = typename event_count<Atomics>::key;

  /// At most `permits` threads run tasks at once. Each thread has one of `homes`, where it sleeps, and by which it can
  /// be woken for what came there. *Throws:* std::bad_alloc.
  explicit roster(std::uint32_t permits, std::uint32_t homes = 1)
      : permits_{permits}, homes_{homes}, dormitories_{std::make_unique<dormitory[]>(homes)} {}

  // ---- permits: who runs tasks ----

  std::uint32_t permits() const noexcept { return permits_.load(std::memory_order_relaxed); }

  /// Changes how many there are, by one caller at a time. With more of them all who sleep look whether they may work
  /// now; with less, threads go when they end a task, until it is not crowded any more.
  void set_permits(std::uint32_t permits) noexcept {
    // seq_cst: before the look for sleepers, and the caller's for threads; pairs with saturated() and block()
    if (permits_.exchange(permits, std::memory_order_seq_cst) < permits) wake_all();
  }

  /// How many threads run tasks, for whoever looks on.
  std::uint32_t active() const noexcept { return active_.load(std::memory_order_relaxed); }

  /// Takes a permit if one is free.
  [[nodiscard("without a permit no task may run")]] bool try_activate() noexcept {
    std::uint32_t seen = active_.load(std::memory_order_relaxed);
    while (seen < permits()) {
      if (active_.compare_exchange_weak(seen, seen + 1, std::memory_order_relaxed, std::memory_order_relaxed))
        return true;
    }
    return false;
  }

  /// Takes a permit without asking: a thread resumes a task which it began with one.
  void activate() noexcept { active_.fetch_add(1, std::memory_order_relaxed); }

  /// Gives a permit back, by a thread that goes on to search.
  void deactivate() noexcept { active_.fetch_sub(1, std::memory_order_relaxed); }

  /// Gives a permit back, by a thread that leaves: whoever went without it is told.
  void hand_over() noexcept {
    bool const others = active_.fetch_sub(1, std::memory_order_seq_cst) > 1;  // seq_cst: pairs with defer()
    // seq_cst: after the permit is free; pairs with defer()
    bool const missed = deferred_.load(std::memory_order_seq_cst);
    if (missed) deferred_.store(false, std::memory_order_seq_cst);  // seq_cst: before work_arrived() looks
    if (missed || (others && !is_watched())) work_arrived();
  }

  /// Notes that work is left alone for want of a permit. False where a permit has become free meanwhile.
  [[nodiscard("a free permit must be used")]] bool defer() noexcept {
    // seq_cst: before the look at the permits; pairs with hand_over()
    deferred_.store(true, std::memory_order_seq_cst);
    return saturated();
  }

  /// Whether more threads run tasks than there are permits, as some resumed, or permits were taken away: those that end
  /// a task go.
  bool is_crowded() const noexcept { return active_.load(std::memory_order_relaxed) > permits(); }

  bool saturated() const noexcept {
    // seq_cst: pair with hand_over() and set_permits()
    return active_.load(std::memory_order_seq_cst) >= permits_.load(std::memory_order_seq_cst);
  }

  // ---- threads of the pool that do not block inside a task: as many as there are permits, or more ----

  /// A thread begins to block. True where another one ought to be started in its place.
  [[nodiscard("start a thread")]] bool block() noexcept {
    // seq_cst, both: pair with set_permits() and lacks_threads_for()
    return unblocked_.fetch_sub(1, std::memory_order_seq_cst) <= permits_.load(std::memory_order_seq_cst);
  }
  /// A thread goes on, or is new.
  void unblock() noexcept { unblocked_.fetch_add(1, std::memory_order_relaxed); }
  std::uint32_t unblocked() const noexcept { return unblocked_.load(std::memory_order_relaxed); }

  /// Whether `permits` would need more threads.
  bool lacks_threads_for(std::uint32_t permits) const noexcept {
    return unblocked_.load(std::memory_order_seq_cst) < permits;  // seq_cst: after set_permits(); pairs with block()
  }

  // ---- search ----

  void begin_search(std::uint32_t home = 0) noexcept {
    // seq_cst, both: pair with work_arrived(). Kept: the end of the search would do, but this is easier to follow.
    searching_.fetch_add(1, std::memory_order_seq_cst);
    dormitories_[home].waking.store(false, std::memory_order_seq_cst);     // pairs with the exchange in wake()
    dormitories_[home].searching.fetch_add(1, std::memory_order_relaxed);  // who misses it wakes one
  }

  /// True where nobody else searches: a searcher which found work then looks whether there is more, and wakes somebody.
  bool end_search(std::uint32_t home = 0) noexcept {
    dormitories_[home].searching.fetch_sub(1, std::memory_order_seq_cst);  // seq_cst: before the last look; call()
    return searching_.fetch_sub(1, std::memory_order_seq_cst) == 1;  // seq_cst: before the last look; work_arrived()
  }

  // ---- sleep ----

  /// Announces a sleeper. The caller then looks once more, and sleeps, naps or cancels.
  key prepare(std::uint32_t home = 0) noexcept {
    key const k = dormitories_[home].sleepers.prepare();
    // seq_cst: before the caller's last look; pairs with wake()
    dormitories_[home].waking.store(false, std::memory_order_seq_cst);
    return k;
  }
  void cancel(std::uint32_t home = 0) noexcept { dormitories_[home].sleepers.cancel(); }
  void sleep(key k, std::uint32_t home = 0) noexcept { dormitories_[home].sleepers.wait(k); }
  /// Returns true if it was woken.
  bool nap(key k, std::int64_t nanoseconds, std::uint32_t home = 0) noexcept {
    return dormitories_[home].sleepers.wait_for(k, nanoseconds);
  }

  /// Says that there is work, after it became visible. Wakes one sleeper, best of all one of `home`, unless somebody is
  /// awake to find the work.
  void work_arrived(std::uint32_t home = 0) noexcept {
    // seq_cst, all: after the work is visible; each pairs with the write of the same word by a searcher or sleeper
    if (searching_.load(std::memory_order_seq_cst) != 0) return;
    for (std::uint32_t i = 0; i < homes_; ++i) {
      dormitory& d = dormitories_[(home + i) % homes_];
      if (!d.sleepers.has_waiters()) continue;
      if (!saturated() || !defer()) wake(d);
      return;
    }
  }

  /// The same for work that a thread of `home` ought to do. False, and nothing done, where all of them are at work, or
  /// no more may work now: then it is everybody's.
  [[nodiscard("false means that nobody comes")]] bool call(std::uint32_t home) noexcept {
    // seq_cst: after the work is visible; pairs with end_search()
    if (dormitories_[home].searching.load(std::memory_order_seq_cst) != 0) return true;
    if (!dormitories_[home].sleepers.has_waiters() || saturated()) return false;
    wake(dormitories_[home]);
    return true;
  }

  void wake_all() noexcept {
    for (std::uint32_t i = 0; i < homes_; ++i) dormitories_[i].sleepers.notify_all();
  }

  // ---- the lookout: at most one idle thread stays awake to watch what the others do ----

  bool try_lookout() noexcept {
    return lookout_.exchange(1, std::memory_order_acquire) == 0;  // acquire: pairs with leave_lookout()
  }
  /// A lookout that goes to sleep looks once more after this: it sees what others did before is_watched() was true.
  void leave_lookout() noexcept {
    lookout_.exchange(0, std::memory_order_acq_rel);  // pairs with is_watched(), and with try_lookout()
  }
  bool has_lookout() const noexcept { return lookout_.load(std::memory_order_relaxed) != 0; }

  /// Whether what the caller did before will be noticed by a lookout. It reads by writing: then either this comes first
  /// and the lookout sees it all when it leaves, or it comes second and is false.
  bool is_watched() noexcept {
    // release: what the caller did, pairs with leave_lookout(); acquire: what the last lookout saw. Kept: who finds no
    // lookout looks around itself, so it could do without.
    return lookout_.fetch_add(0, std::memory_order_acq_rel) != 0;
  }

  /// Asks the lookout to look now and not at its next time. A hint: it may go unnoticed.
  void call_lookout() noexcept { calls_.store(calls_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed); }
  std::uint32_t calls() const noexcept { return calls_.load(std::memory_order_relaxed); }

  /// What it knows at this moment, in words.
  template <class Stream>
  void describe(Stream& out) const {
    auto const is = [](atomic<bool> const& flag, char const* yes) {
      return flag.load(std::memory_order_relaxed) ? yes : "";
    };
    out << "permits " << permits() << ", active " << active_.load(std::memory_order_relaxed) << ", searching "
        << searching_.load(std::memory_order_relaxed) << (has_lookout() ? ", a lookout" : "")
        << is(deferred_, ", work was deferred");
    for (std::uint32_t i = 0; i < homes_; ++i)
      out << (i == 0 ? ", asleep " : " + ") << dormitories_[i].sleepers.waiters()
          << is(dormitories_[i].waking, " (a wake-up on its way)");
    out << '\n';
  }

 private:
  // Where the threads of one home sleep.
  struct dormitory {
    event_count<Atomics> sleepers;
    atomic<bool> waking{false};          // a notification is on its way to one of them
    atomic<std::uint32_t> searching{0};  // those of `searching_` who are of this home
  };

  void wake(dormitory& d) noexcept {
    // seq_cst: after the work is visible; pairs with begin_search() and prepare()
    if (!d.waking.exchange(true, std::memory_order_seq_cst)) d.sleepers.notify_one();
  }

  alignas(cache_line) atomic<std::uint32_t> active_{0};  // threads that run tasks
  atomic<std::uint32_t> permits_;                        // how many may; written by set_permits(), read by everybody
  atomic<std::uint32_t> unblocked_{0};                   // written by the pool's threads and who starts them
  std::uint32_t const homes_;
  std::unique_ptr<dormitory[]> const dormitories_;
  atomic<bool> deferred_{false};                            // work was left alone because no permit was free
  alignas(cache_line) atomic<std::uint32_t> searching_{0};  // threads awake and looking for work
  atomic<std::uint32_t> lookout_{0};                        // 1: some idle thread watches
  atomic<std::uint32_t> calls_{0};                          // changes whenever somebody calls the lookout
};

}  // namespace beat::inline v0
