#pragma once
// SPDX-License-Identifier: MIT
// The entry: how a task comes into a pool. One from outside asks the admission hook first, then for a place in a
// bounded queue, and both before the task is made: so the callable of a refused one is still its caller's.

#include <optional>

#include <beat/base/config.hpp>
#include <beat/base/error.hpp>
#include <beat/runtime/visit.hpp>

namespace beat::inline v0::detail {

class entry {
 public:
  /// Without a question, a task is never refused but by a closed pool.
  explicit entry(scheduler& pool) noexcept : pool_{pool} {}
  ~entry() {
    if (has_place_) pool_.queue_places.give_back();
    if (holds_pool_) pool_.let_go();  // the pool may be gone now
  }
  entry(entry const&) = delete;
  entry& operator=(entry const&) = delete;

  scheduler& pool() const noexcept { return pool_; }

  /// Why the task can't come in, or errc{}. Tasks of the pool's own are not refused, nor is anybody asked where the
  /// pool would take none. *Throws:* what the hook throws.
  [[nodiscard]] errc ask(bool may_wait) {
    if (!pool_.admission && !pool_.queue_places.is_bounded()) [[likely]]
      return {};
    return ask_outside(may_wait);
  }

  /// Asks, and waits where it has to. *Throws:* error{overloaded}, error{queue_full}, error{pool_shutdown}; what the
  /// hook throws.
  void require() {
    if (errc const refusal = ask(true); refusal != errc{}) [[unlikely]]
      fail(refusal);
  }

  /// Queues the task, or runs it. False where the pool is closed; then it is still the caller's.
  [[nodiscard("a refused task is the caller's")]] bool accept(task* t, std::optional<node_id> hint,
                                                              priority level) noexcept {
    if (runs_here_) [[unlikely]]
      return run_here(t, hint, level);
    if (!pool_.accept(t, hint, level, has_place_)) return false;
    has_place_ = false;  // it is the task's
    return true;
  }

 private:
  BEAT_NO_INLINE errc ask_outside(bool may_wait) {
    if (pool_.mine() != nullptr || pool_.is_orphaned() || pool_.tasks.is_closed()) return {};
    if (pool_.admission && !pool_.admission()) return errc::overloaded;
    return pool_.queue_places.is_bounded() ? take_place(may_wait) : errc{};
  }

  [[noreturn]] BEAT_NO_INLINE static void fail(errc refusal) {
    if (refusal == errc::overloaded)
      throw_error(refusal, "the pool's admission hook refuses the task: try again later, or do it here");
    if (refusal == errc::queue_full)
      throw_error(refusal,
                  "the pool's queue has reached its limit: try again later, or see pool_options::when_full for senders "
                  "that wait, or run tasks themselves");
    refuse();
  }

  /// Not only where a permit is free: who has one may wait for this thread.
  BEAT_NO_INLINE bool run_here(task* t, std::optional<node_id> hint, priority level) noexcept {
    visit const guest{pool_, true};
    if (!guest) return pool_.accept(t, hint, level);  // too many visit it, or there is no memory
    if (!pool_.admit(false)) return false;
    pool_.queue_places.take_anyway();  // until it begins
    guest->run_at_once(t);
    return true;
  }

  errc take_place(bool may_wait) noexcept {
    place got = pool_.queue_places.try_take();
    if (got == place::none && pool_.on_full == when_full::caller_runs && may_wait) {
      runs_here_ = true;
      return {};
    }
    if (got == place::none && pool_.on_full == when_full::block && may_wait) {
      holds_pool_ = true;
      pool_.hold();
      blocked_scope const blocked;
      got = pool_.queue_places.take();
    }
    has_place_ = got == place::taken;
    return got == place::none ? errc::queue_full : got == place::closed ? errc::pool_shutdown : errc{};
  }

  scheduler& pool_;
  bool has_place_ = false;   // in the bounded queue
  bool runs_here_ = false;   // as there is none
  bool holds_pool_ = false;  // which does not end before this does
};

}  // namespace beat::inline v0::detail
