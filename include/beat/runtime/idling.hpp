#pragma once
// SPDX-License-Identifier: MIT
// Idling: what a pool's thread does between its last task and the next one: look, nap, sleep.
// Invariant: it never sleeps while it could run something that nobody else will. Steps: README.md, "Sleep and wake".

#include <algorithm>
#include <cstdint>
#include <utility>

#include <beat/runtime/crew.hpp>
#include <beat/runtime/taking.hpp>
#include <beat/runtime/worker.hpp>

namespace beat::inline v0::detail {

/// One thread's stay without work. At most one of the idle threads is the lookout, which stays awake for a while.
class idling {
 public:
  idling(crew& c, worker& me) noexcept : crew_{c}, people_{c.people}, me_{me}, home_{me.home()} { begin(); }

  /// Returns true once there is work, with a permit to do it; false once the pool ends.
  bool until_active() noexcept {
    for (;;) {
      people_.begin_search(home_);  // where it slept, if it did: the wake-up was for that home
      lookout_ = lookout_ || people_.try_lookout();
      if (search() && people_.try_activate()) {
        if (lookout_) people_.leave_lookout();
        me_.begin_work(people_.end_search(home_));
        return true;
      }
      people_.end_search(home_);

      home_ = me_.home();  // the pool may have moved
      ticket const key = people_.prepare(home_);
      if (crew_.ending.load(std::memory_order_seq_cst)) {  // seq_cst: after the announcement; pairs with end()
        people_.cancel(home_);
        return false;
      }
      if (me_.sees_work() && !people_.defer())
        people_.cancel(home_);
      else if (lookout_ && time_ - last_stir_ < crew_.tuning.activity_window && !people_.saturated())
        nap(key);
      else
        sleep(key);
    }
  }

 private:
  using ticket = roster<std_atomics>::key;

  void begin() noexcept {
    time_ = last_stir_ = now();
    poll_until_ = time_ + crew_.tuning.spin;
    nap_ = crew_.tuning.shortest_nap;
  }

  /// Looks around, once; the lookout goes on for a while, and while somebody is about to share. True with work in
  /// sight.
  bool search() noexcept {
    time_ = now();
    for (std::int64_t until = poll_until_;;) {
      std::uint32_t const calls = people_.calls();
      outlook const seen = me_.look_around(time_);
      if (seen == outlook::work) return true;
      if (seen != outlook::nothing) last_stir_ = time_;
      if (seen == outlook::watching) until = std::max(until, time_ + 2 * crew_.tuning.look_interval);
      if (!lookout_ || time_ >= until || people_.saturated() || crew_.ending.load(std::memory_order_relaxed))
        return false;
      std::int64_t const next = time_ + crew_.tuning.look_interval;
      do {
        for (int i = 0; i < 16 && people_.calls() == calls; ++i) std_atomics::pause();
        time_ = now();
      } while (time_ < next && people_.calls() == calls);
      if (people_.calls() != calls) return true;  // a look of its own would cost time
    }
  }

  void nap(ticket k) noexcept {
    me_.counters.naps.add();
    if (people_.nap(k, nap_, home_))
      begin();  // whoever woke it has something, or will have it soon
    else
      nap_ = std::min(nap_ * 2, crew_.tuning.longest_nap);
  }

  /// Sleeps where this thread could do nothing (who gives a permit back wakes one), where somebody else is the lookout,
  /// or where there is nothing to look out for; otherwise it begins anew, and becomes the lookout.
  void sleep(ticket k) noexcept {
    if (std::exchange(lookout_, false)) people_.leave_lookout();
    if (people_.saturated() || people_.is_watched() || me_.look_around(now()) == outlook::nothing) {
      me_.counters.parks.add();
      people_.sleep(k, home_);
    } else {
      people_.cancel(home_);
    }
    begin();
  }

  crew& crew_;
  roster<std_atomics>& people_;
  worker& me_;
  std::int64_t time_;        // of the last look
  std::int64_t last_stir_;   // when something was last seen to begin
  std::int64_t poll_until_;  // the lookout polls until then
  std::int64_t nap_;         // how long the next one is
  std::uint32_t home_ = 0;   // where it sleeps
  bool lookout_ = false;
};

}  // namespace beat::inline v0::detail
