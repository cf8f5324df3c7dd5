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
class blocked_scope {
 public:
  blocked_scope() noexcept {
    for (worker* w = held_workers; w != nullptr; w = w->next_held) {
      w->report();
      crew& c = w->shared();
      // acq_rel: counts that a spare's start depends on
      if (!w->is_guest() && c.unblocked.fetch_sub(1, std::memory_order_acq_rel) == 1) c.start_spare();
      c.people.hand_over();
    }
  }
  ~blocked_scope() {
    for (worker* w = held_workers; w != nullptr; w = w->next_held) {
      w->shared().people.activate();
      if (!w->is_guest()) w->shared().unblocked.fetch_add(1, std::memory_order_relaxed);
    }
  }
  blocked_scope(blocked_scope const&) = delete;
  blocked_scope& operator=(blocked_scope const&) = delete;
};

inline void worker::await(job& j, taken_by who) noexcept {
  // Parts of a loop end at about the same time: asking the thief to share would only hold it up.
  constexpr int brief_pauses = 32;
  for (int i = 0; i < brief_pauses; ++i) {
    if (j.ended()) return;
    std_atomics::pause();
  }
  lane_scope const scope{*this};
  worker& thief = *crew_.at(who.id());
  std::int64_t started = now();
  std::int64_t nap = crew_.tuning.shortest_nap;
  while (!j.ended()) {
    job_stack::control const seen = thief.stack.for_thieves().look();
    if (j.ended()) return;  // only now `seen` surely shows descendants
    if (seen.has_public() && seen.top() >= who.first_descendant() && steal_job(thief, seen, false)) {
      started = now();
      nap = crew_.tuning.shortest_nap;
      continue;
    }
    std::int64_t const time = now();
    watch(thief, time, 0);
    if (time - started < crew_.tuning.spin) {
      for (int i = 0; i < 32; ++i) std_atomics::pause();
      continue;
    }
    event_count<std_atomics>::key const k = parker_.prepare();
    if (j.ended()) {
      parker_.cancel();
      return;
    }
    counters.naps.add();
    if (time - started < crew_.tuning.brief_wait) {
      parker_.wait_for(k, nap);
    } else {
      blocked_scope const blocked;
      parker_.wait_for(k, nap);
    }
    nap = std::min(nap * 2, crew_.tuning.longest_nap);
  }
}

BEAT_NO_INLINE inline void lane::offer() noexcept {
  if (self == nullptr) return;
  self->counters.published.add(stack.serve());
  if (self->shared().people.has_lookout()) self->shared().people.call_lookout();
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
  if (self == nullptr) return leave_shared_lane().stack.push(j).index;
  self->counters.published.add(stack.serve());
  self->shared().people.work_arrived();
  return index;
}

}  // namespace beat::inline v0::detail
