#pragma once
// SPDX-License-Identifier: MIT
// The visit: an outside thread's stay as a worker of a pool, and how such a thread waits for the whole pool.

#include <atomic>
#include <cstdint>
#include <optional>
#include <utility>

#include <beat/base/error.hpp>
#include <beat/runtime/scheduler.hpp>

namespace beat::inline v0::detail {

/// False where every permit or every guest's worker is taken.
class visit {
 public:
  explicit visit(scheduler& pool, bool even_without_permit = false) noexcept {
    if (pool.is_orphaned()) return;
    if (!pool.people.try_activate()) {
      if (!even_without_permit) return;
      pool.people.activate();
    }
    guest_ = pool.find_guest();
    if (guest_ == nullptr) {
      pool.people.hand_over();
      return;
    }
    guest_->outer = std::exchange(current_lane, guest_);
    guest_->next_held = std::exchange(held_workers, guest_);
  }
  ~visit() {
    if (guest_ == nullptr) return;
    crew& pool = guest_->shared();
    guest_->report();
    current_lane = guest_->outer;
    held_workers = guest_->next_held;
    guest_->occupied.store(false, std::memory_order_release);  // release: the worker's state; pairs with find_guest()
    pool.people.hand_over();
  }
  visit(visit const&) = delete;
  visit& operator=(visit const&) = delete;

  explicit operator bool() const noexcept { return guest_ != nullptr; }
  worker& operator*() const noexcept { return *guest_; }
  worker* operator->() const noexcept { return guest_; }

 private:
  worker* guest_ = nullptr;
};

/// Calls `wait(nanoseconds)` on a thread that blocks. True where it took its time, and nothing began and nothing ended
/// in this pool meanwhile.
template <class Wait>
bool stands_still(scheduler const& pool, Wait&& wait) noexcept {
  std::int64_t const begun = now();
  std::uint64_t const before = pool.progress();
  {
    blocked_scope const blocked;
    wait(pool.tuning.stuck);
  }
  return pool.progress() == before && now() - begun >= pool.tuning.stuck;
}

/// *Throws:* error{self_wait} inside a task of this pool.
inline void refuse_self_wait(scheduler const& pool) {
  if (pool.mine() != nullptr)
    throw_error(errc::self_wait, "a task waits for the pool that runs it: wait from outside, or use a task_group");
}

/// Waits until every task is settled, and helps meanwhile unless there is a deadline. False: the deadline came first,
/// or a task forked and this is the child, where nothing more is settled.
inline bool await_quiet(scheduler& pool, std::optional<std::int64_t> deadline) noexcept {
  auto const help = [&pool] {
    if (visit const stay{pool}) {
      while (stay->run_one() && !pool.people.is_crowded() && !pool.is_orphaned()) {
      }
    }
  };
  while (!pool.tasks.quiet()) {
    if (!deadline) help();
    std::int64_t const left = deadline ? *deadline - now() : 1;
    if (left <= 0 || pool.is_orphaned()) return false;
    auto const key = pool.settled.prepare();
    if (pool.tasks.quiet()) {
      pool.settled.cancel();
      break;
    }
    blocked_scope const blocked;
    if (deadline)
      pool.settled.wait_for(key, left);
    else
      pool.settled.wait(key);
  }
  return true;
}

/// The same, for users. *Throws:* error{self_wait} inside a task of this pool; error{pool_shutdown} in the child of a
/// fork.
inline bool wait_until_quiet(scheduler& pool, std::optional<std::int64_t> deadline) {
  if (pool.is_orphaned()) refuse();
  refuse_self_wait(pool);
  bool const is_quiet = await_quiet(pool, deadline);
  if (pool.is_orphaned()) refuse();
  return is_quiet;
}

/// Takes no more tasks from outside, and waits until every task is settled. Where they are not by `deadline`, which may
/// have passed, it is false, and the rest was cancelled. In the child of a fork there is nothing to do.
/// *Throws:* error{self_wait} inside a task of this pool; then it goes on as before.
inline bool shut_down(scheduler& pool, std::optional<std::int64_t> deadline) {
  if (pool.is_orphaned()) return true;
  refuse_self_wait(pool);
  pool.tasks.close();
  pool.queue_places.close();
  if (await_quiet(pool, deadline) || pool.is_orphaned()) return true;
  pool.cancel_rest();
  static_cast<void>(await_quiet(pool, std::nullopt));
  return false;
}

}  // namespace beat::inline v0::detail
