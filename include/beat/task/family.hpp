#pragma once
// SPDX-License-Identifier: MIT
// The family: tasks of one pool that one thread waits for, as those of a task group or of a graph. Meanwhile it runs
// only tasks of the family: those that its worker queued last; or any of them, where the pool stands still.
// Protocol: runtime/README.md, "Blocking".

#include <cstdint>

#include <beat/base/atomics.hpp>
#include <beat/runtime/tally.hpp>
#include <beat/runtime/visit.hpp>

namespace beat::inline v0::detail {

class family {
 public:
  /// `id` is what its tasks have as `task::family`.
  family(scheduler& pool, void const* id) noexcept : pool_{pool}, id_{id} {}

  /// Counts in what has to end before settle() returns.
  void add() noexcept { pending_.add(); }

  /// Counts one out. The family may be gone when this returns; the pool is not.
  void leave() noexcept {
    scheduler& pool = pool_;
    if (pending_.leave()) pool.settled.notify_all();
  }

  /// Waits until everything has ended that was counted in, or returns at once in the child of a fork(2): what is left
  /// is the parent's.
  void settle() noexcept {
    worker* const mine = pool_.mine();
    while (!pending_.is_empty()) {
      if (pool_.is_orphaned()) return;
      if (mine != nullptr && run_own(*mine)) continue;
      auto const key = pool_.settled.prepare();
      if (pending_.announce()) {
        pool_.settled.cancel();
        break;
      }
      if (stands_still(pool_, [&](std::int64_t limit) { pool_.settled.wait_for(key, limit); })) run_queued(mine);
    }
    if (mine != nullptr) mine->report();  // what this thread does next may take long, and need not be a task
    pending_.reset();
  }

 private:
  bool run_own(worker& mine) noexcept {
    lane_scope const scope{mine};
    return mine.run_own(id_);
  }

  /// The pool stands still, perhaps because its threads block on a lock which this one holds: runs what is queued after
  /// all, for as long as nobody else moves.
  void run_queued(worker* mine) noexcept {
    auto const run_on = [this](worker& w) {
      std::uint64_t const before = pool_.progress();
      while (w.run_queued(id_) && pool_.progress() == before) {
      }
    };
    if (mine != nullptr) {
      lane_scope const scope{*mine};
      run_on(*mine);
    } else if (visit const guest{pool_, true}) {
      guest->run_as_region([&] { run_on(*guest); });
    }
  }

  scheduler& pool_;
  void const* const id_;
  tally<std_atomics> pending_;
};

}  // namespace beat::inline v0::detail
