#pragma once
// SPDX-License-Identifier: MIT
// How a thread waits: for a job that a thief took it helps that thief, then naps; and whoever blocks frees its permits.
// Invariant: a wait runs only descendants of what it waits for. Proof: README.md, "Join" and "Blocking".

#include <algorithm>
#include <cstdint>
#include <thread>

#include <beat/base/backoff.hpp>
#include <beat/runtime/worker.hpp>

namespace beat::inline v0::detail {

/// While one of these lives, the calling thread blocks: its permits are free, in every pool whose workers it occupies.
/// They may nest: those that are free already remain so.
class blocked_scope {
 public:
  blocked_scope() noexcept {
    for (worker* w = held_workers; w != nullptr; w = w->next_held) {
      if (w->lent_by != nullptr) continue;
      w->lent_by = this;
      w->report();
      crew& c = w->shared();
      if (!w->is_guest() && c.people.block()) c.start_spare();
      c.people.hand_over();
    }
  }
  ~blocked_scope() {
    for (worker* w = held_workers; w != nullptr; w = w->next_held) {
      if (w->lent_by != this) continue;
      w->lent_by = nullptr;
      w->shared().people.activate();
      if (!w->is_guest()) w->shared().people.unblock();
    }
  }
  blocked_scope(blocked_scope const&) = delete;
  blocked_scope& operator=(blocked_scope const&) = delete;
};

inline bool worker::run_queued(void const* family) noexcept {
  task* found = nullptr;
  task* others = nullptr;
  auto const look_at = [&](task* t) {
    if (found == nullptr && t->family == family) {
      found = t;
    } else {
      t->next = std::exchange(others, t);
    }
  };
  auto const put_back = [&](priority level) {
    if (others == nullptr) return;
    while (others != nullptr) crew_.leave_at(home(), level, std::exchange(others, others->next));
    crew_.people.work_arrived(home());
  };
  for (std::uint32_t i = 0; i < crew_.size() && found == nullptr; ++i) {
    auto const thief = crew_.at(i)->deque_.for_thieves();
    while (found == nullptr && !thief.empty())
      if (auto const got = thief.steal(); got.status == steal_status::stolen) look_at(got.loot);
  }
  put_back(priority::normal);
  for (priority const level : {priority::normal, priority::high, priority::low}) {
    if (level != priority::normal && !crew_.has_levels()) break;
    for (std::uint32_t i = 0; i < crew_.homes(); ++i) {
      std::size_t count = 1;
      while (found == nullptr && count != 0) {
        count = crew_.arrivals(i, level).take(crew_.tuning.inbox_batch, look_at);
        counters.collected.add(count);
      }
    }
    put_back(level);
  }
  if (found == nullptr) return false;
  settle(found);
  return true;
}

inline void worker::await(job& j, taken_by who) noexcept {
  // Parts of a loop end at about the same time: asking the thief to share would only hold it up.
  constexpr int brief_pauses = 32;
  for (int i = 0; i < brief_pauses; ++i) {
    if (j.ended()) return;
    std_atomics::pause();
  }
  lane_scope const scope{*this};
  worker& thief = *crew_.at(who.id());
  auto const shares = [&](job_stack::control seen) {
    return seen.has_public() && seen.top() >= who.first_descendant();
  };
  std::int64_t started = now();
  std::int64_t length = crew_.tuning.shortest_nap;
  auto const nap = [&] {
    event_count<std_atomics>::key const k = parker_.prepare();
    if (j.ended()) return parker_.cancel();
    counters.naps.add();
    parker_.wait_for(k, length);
  };
  while (!j.ended()) {
    job_stack::control const seen = thief.stack.for_thieves().look();
    if (j.ended()) return;  // only now `seen` surely shows descendants
    if (shares(seen) && steal_job(thief, seen)) {
      started = now();
      length = crew_.tuning.shortest_nap;
      continue;
    }
    std::int64_t const time = now();
    watch(thief, time, 0);
    if (time - started < crew_.tuning.spin) {
      for (int i = 0; i < 32; ++i) std_atomics::pause();
    } else if (time - started < crew_.tuning.brief_wait) {
      nap();
      length = std::min(length * 2, crew_.tuning.longest_nap);
    } else {  // the thief wakes this thread at the end; by looking less and less often a long wait costs nothing
      blocked_scope const blocked;
      do {
        length = std::max(crew_.tuning.longest_nap, (now() - started) / 8);
        nap();
      } while (!j.ended() && !shares(thief.stack.for_thieves().look()));
    }
  }
}

inline std::uint32_t lane::concurrency() const noexcept {
  return self == nullptr ? 1 : self->shared().people.permits();
}

BEAT_NO_INLINE inline void lane::offer() noexcept {
  if (self == nullptr) return;
  auto const [count, requested] = stack.serve();
  self->counters.published.add(count);
  roster<std_atomics>& people = self->shared().people;
  if (requested) people.work_arrived(self->home());
  if (people.has_lookout()) people.call_lookout();
}

BEAT_NO_INLINE inline void lane::await(job& j, taken_by thief) noexcept { self->await(j, thief); }

/// The thief may be between two instructions, or preempted there.
BEAT_NO_INLINE inline taken_by lane::thief_of(std::uint32_t index) noexcept {
  backoff<std_atomics> pause;
  for (;;) {
    if (std::uint64_t const mark = stack.thief_of(index); mark != 0) return {mark};
    if (pause.exhausted()) std::this_thread::yield();
    pause.spin();
  }
}

BEAT_NO_INLINE inline taken_by lane::release(std::uint32_t index) noexcept {
  taken_by const thief = thief_of(index);
  stack.rebase(index);
  return thief;
}

BEAT_NO_INLINE BEAT_CALLEE_SAVES inline std::uint32_t lane::answer(std::uint32_t index, job* j) noexcept {
  if (self == nullptr) return leave_shared_lane().stack.push(j);
  self->counters.published.add(stack.serve().count);
  self->shared().people.work_arrived(self->home());
  return index;
}

}  // namespace beat::inline v0::detail
