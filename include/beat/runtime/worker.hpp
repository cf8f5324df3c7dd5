#pragma once
// SPDX-License-Identifier: MIT
// The worker: one lane of a pool with its deque, used by one thread at a time: a pool thread for good, or an outside
// thread as a guest. Here is how a worker runs, steals, asks others to share, and waits.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>

#include <beat/base/random.hpp>
#include <beat/observe/counters.hpp>
#include <beat/runtime/crew.hpp>
#include <beat/runtime/deque.hpp>
#include <beat/runtime/lane.hpp>
#include <beat/runtime/watch.hpp>

namespace beat::inline v0::detail {

// The workers that the calling thread occupies, innermost first: more than one where pools are used inside each other.
inline constinit thread_local worker* held_workers = nullptr;

class worker : public lane {
 public:
  worker(crew& c, std::uint32_t id, bool guest)
      : worker{c, id, guest, std::make_unique<job_stack::slot[]>(c.tuning.fork_capacity),
               std::make_unique<job_stack::mark[]>(c.tuning.fork_capacity)} {}

  crew& shared() const noexcept { return crew_; }
  std::uint32_t id() const noexcept { return id_; }
  bool is_guest() const noexcept { return guest_; }

  // ---- by the thread that occupies the worker ----

  /// Between these the worker is busy in one region: thieves time it, to leave short ones alone.
  void begin_region() noexcept {
    region_.store(region_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
  void end_region() noexcept {
    begin_region();
    stack.withdraw_request();
  }

  template <class F>
  void run_as_region(F&& f) noexcept {
    begin_region();
    f();
    end_region();
  }

  /// Queues a task here. *Throws:* std::bad_alloc.
  void push(task* t) { deque_.for_owner().push(t); }

  /// The same; false where there is no memory for it.
  [[nodiscard("without memory, the inbox takes it")]] bool try_push(task* t) noexcept {
    try {
      push(t);
      return true;
    } catch (std::bad_alloc const&) {
      return false;
    }
  }

  /// Queues a task that is counted in already, and tells who looks for work.
  void queue(task* t) noexcept {
    crew_.count_queued(*t);
    if (!try_push(t)) crew_.leave_at(home(), priority::normal, t);
    crew_.people.work_arrived(home());
    if (crew_.people.unblocked() == 0) crew_.start_spare();  // which failed before
  }

  /// Takes the youngest task of this worker if it belongs to `family`, and runs it.
  bool run_own(void const* family) noexcept {
    task* const t = deque_.for_owner().take();
    if (t == nullptr) return false;
    if (t->family != family) {
      push(t);                      // its place is still there: nothing is allocated
      crew_.people.work_arrived();  // who looked meanwhile has missed it
      return false;
    }
    settle(t);
    return true;
  }

  /// Finds a task of `family` wherever it is queued, and runs it. What was queued before it moves to the inbox.
  bool run_queued(void const* family) noexcept;

  /// Runs one task or job, wherever it is found. Needs a permit, and no job on the stack. The order: taking.hpp.
  bool run_one() noexcept {
    bool found = false;
    run_as_region([&] { found = run_next(); });  // it begins before anything is taken: see look_around()
    return found;
  }

  /// Runs a task that was counted in and is in no queue. Needs a permit, and no job on the stack.
  void run_at_once(task* t) noexcept {
    run_as_region([&] { settle(t); });
  }

  /// Called by a thread that goes from its search to work. `alone`: nobody else searches, so this worker finds company
  /// once it has taken something. See README.md, "Company".
  void begin_work(bool alone) noexcept { alone_ = alone; }

  /// Reports the tasks that were settled since the last report.
  void report() noexcept {
    if (unreported_ != 0) crew_.report(std::exchange(unreported_, 0));
  }

  /// Looks whether there is work, and asks those who have been busy for long to share. The queues come before the
  /// regions: who took something that this thread missed had begun a region before.
  outlook look_around(std::int64_t time) {
    if (sees_work()) return outlook::work;
    outlook result = outlook::nothing;
    std::uint32_t const count = crew_.size();
    for (std::uint32_t i = 0; i < count; ++i) {
      worker& victim = *crew_.at(i);
      if (&victim == this) continue;
      result = std::max(result, watch(victim, time, crew_.tuning.pace));
      if (result == outlook::work) return result;
    }
    return result;
  }

  /// Whether anything is queued or public. What came to another home is left to a thread of that one which sleeps, and
  /// is told.
  bool sees_work() noexcept {
    if (crew_.has_arrivals(home())) return true;
    for (std::uint32_t i = 0; i < crew_.size(); ++i) {
      worker& victim = *crew_.at(i);
      // The own deque too: a thread that leaves a crowd leaves tasks there.
      if (!victim.deque_.for_thieves().empty()) return true;
      if (&victim != this && victim.stack.for_thieves().look().has_public()) return true;
    }
    for (std::uint32_t i = 0; i < crew_.homes(); ++i)
      if (i != home() && nobody_comes_for(i)) return true;
    return false;
  }

  /// About how many tasks are in its deque, for whoever looks on.
  std::uint64_t queued() const noexcept { return static_cast<std::uint64_t>(std::max<std::int64_t>(deque_.size(), 0)); }

  /// On which node it is, or counts as being, while tasks can name one.
  std::uint32_t home() const noexcept { return crew_.home_of(id_); }

  void await(job& j, taken_by thief) noexcept;

  /// Counts a settled task of this pool.
  void count(task_effect effect) noexcept {
    switch (effect) {
      case task_effect::completed:
        counters.completed.add();
        break;
      case task_effect::failed:
        counters.failed.add();
        break;
      case task_effect::cancelled:
        counters.cancelled.add();
        break;
      case task_effect::none:
        return;
    }
    if (++unreported_ == report_batch) report();
  }

  /// Counts a root, which the gate has admitted like a task; its end is reported when its thread leaves.
  void count_root() noexcept {
    counters.roots.add();
    ++unreported_;
  }

  /// Grows whenever this worker begins or ends something.
  std::uint64_t regions() const noexcept { return region_.load(std::memory_order_relaxed); }

  /// What it does at this moment, in words.
  template <class Stream>
  void describe(Stream& out) const {
    job_stack::control const public_jobs = stack.control_word();
    out << "worker " << id_ << (guest_ ? occupied.load(std::memory_order_relaxed) ? ", a guest" : ", free" : "")
        << (regions() % 2 != 0 ? ", busy" : ", idle") << ": " << stack.depth() << " calls forked, the first "
        << public_jobs.split() << " public, " << public_jobs.top() << " taken"
        << (public_jobs.is_requested() ? ", asked to share" : "") << "; " << deque_.size() << " tasks; "
        << counters.snapshot();
    // acquire: a name that was made at run time; pairs with running_scope
    if (char const* const name = task_name.load(std::memory_order_acquire)) out << "; runs '" << name << '\'';
    out << '\n';
  }

  worker_counters counters;
  std::atomic<char const*> task_name{nullptr};  // of the innermost task with a name that runs here
  worker* next_held = nullptr;                  // the next in held_workers
  void const* lent_by = nullptr;  // the blocked_scope of the thread that occupies it which freed its permit, or null
  std::atomic<bool> occupied;     // of a guest's worker: whether some thread uses it, at first the one that made it
  lane* outer = nullptr;          // of a guest: the lane to return to

 private:
  static constexpr std::uint64_t report_batch = 64;
  static constexpr std::uint32_t usual_guests = 16;  // whom a thief watches without memory being asked for

  worker(crew& c, std::uint32_t id, bool guest, std::unique_ptr<job_stack::slot[]> slots,
         std::unique_ptr<job_stack::mark[]> marks)
      : lane{.stack = {slots.get(), marks.get(), c.tuning.fork_capacity}, .self = this},
        occupied{guest},
        slots_{std::move(slots)},
        marks_{std::move(marks)},
        crew_{c},
        id_{id},
        guest_{guest},
        random_{id + 1},
        watches_{c.people.permits() + usual_guests},
        deque_{c.tuning.deque_capacity} {}

  bool run_next() noexcept;
  bool run_by_priority() noexcept;
  bool run_urgent() noexcept;
  bool run_normal() noexcept;
  bool run_one_of(priority level, std::uint32_t first_home) noexcept;
  bool nobody_comes_for(std::uint32_t other_home) noexcept;
  task* from_inbox(std::uint32_t place, priority level, std::uint32_t limit) noexcept;
  bool steal_near_first() noexcept;
  bool steal_from_anyone() noexcept;
  bool steal_from(worker& victim) noexcept;
  bool steal_job(worker& victim, job_stack::control seen) noexcept;

  void settle(task* t) noexcept {
    if (alone_) find_company();
    crew_.count_begun(*t);
    count(t->settle(t, crew_.action(), *this));
  }

  /// Wakes a thread if there is more work, or somebody busy to be watched; if what runs now forks, its first fork will.
  BEAT_NO_INLINE void find_company() noexcept {
    alone_ = false;
    stack.request();
    if (look_around(now()) != outlook::nothing) crew_.people.work_arrived(home());
  }

  outlook watch(worker& victim, std::int64_t time, std::int64_t pace) noexcept {
    return watches_.look(victim.id_, victim.stack.for_thieves(), victim.regions(), time, pace, crew_.tuning.patience,
                         id_ + 1, counters.forced);
  }

  std::unique_ptr<job_stack::slot[]> const slots_;
  std::unique_ptr<job_stack::mark[]> const marks_;
  crew& crew_;
  std::uint32_t const id_;
  bool const guest_;
  std::uint32_t tick_ = 0;   // counts the looks for a normal task
  std::uint32_t turns_ = 0;  // counts the looks for a task, in a pool where they have priorities
  std::uint64_t unreported_ = 0;
  bool alone_ = false;  // it was the last who searched, and has taken nothing yet
  random random_;
  watch_list watches_;
  // What thieves poll: on lines which the owner rarely writes.
  alignas(cache_line) std::atomic<std::uint64_t> region_{0};  // written by the owner: odd while busy
  event_count<std_atomics> parker_;                           // the owner sleeps here until a stolen job ends
  deque<task, std_atomics> deque_;
};

}  // namespace beat::inline v0::detail
