// SPDX-License-Identifier: MIT
// Sleep and wake under every schedule, with the real roster and the real inbox: a task that was sent is run though
// every thread wants to sleep, and as many at once as there are permits. The threads do what runtime/idling.hpp does,
// without the lookout's naps; where a thread sleeps for ever with a task in sight, the explorer says that it is stuck.

#include <beat/runtime/inbox.hpp>
#include <beat/runtime/roster.hpp>

#include <functional>

#include "catch.hpp"
#include "explorer.hpp"

namespace {

struct node {
  model::plain<node*> next = nullptr;
  model::plain<int> runs = 0;
};

class pool {
 public:
  explicit pool(std::uint32_t permits, int tasks) : people_{permits}, left_{tasks} {}

  void send(node& n) {
    arrivals_.push(&n);
    people_.work_arrived();
  }

  /// A thread of the pool, until the last task was run.
  template <class Run>
  void work(Run run) {
    while (until_active()) {
      bool ran = false;
      while (run_one(run)) ran = true;
      people_.deactivate();
      if (!ran) model::atomics::pause();  // others go on, so that nobody looks for ever at what another one is taking
    }
  }

  /// The same; but where it is crowded it goes after each task.
  template <class Run>
  void work_while_allowed(Run run) {
    while (until_active()) {
      bool ran = false;
      while (run_one(run)) {
        ran = true;
        if (people_.is_crowded()) break;
      }
      people_.deactivate();
      if (!ran) model::atomics::pause();
    }
  }

  void resize(std::uint32_t permits) { people_.set_permits(permits); }

  /// A thread from outside holds a permit for a while.
  bool come() { return people_.try_activate(); }
  void leave() { people_.hand_over(); }
  void visit() {
    if (come()) leave();
  }

 private:
  bool until_active() {
    for (;;) {
      people_.begin_search();
      bool const found = !arrivals_.empty() && people_.try_activate();
      people_.end_search();
      if (found) return true;
      auto const key = people_.prepare();
      if (left_.load(std::memory_order_seq_cst) == 0) {
        people_.cancel();
        return false;
      }
      if (!arrivals_.empty() && !people_.defer())
        people_.cancel();
      else
        people_.sleep(key);
    }
  }

  template <class Run>
  bool run_one(Run& run) {
    node* task = nullptr;
    if (arrivals_.take(1, [&](node* n) { task = n; }) == 0) return false;
    // What is left was in nobody's sight for a moment, in which somebody may have gone to sleep.
    if (!arrivals_.empty()) people_.work_arrived();
    task->runs = task->runs + 1;
    run(*task);
    if (left_.fetch_sub(1, std::memory_order_seq_cst) == 1) people_.wake_all();
    return true;
  }

  beat::roster<model::atomics> people_;
  beat::inbox<node, model::atomics> arrivals_;
  model::atomic<int> left_;
};

constexpr auto nothing = [](node&) {};

/// Two homes with a thread each, or none. What comes to one is left to its thread where that one sleeps. Tasks are
/// only counted, so that there are fewer steps.
class town {
 public:
  explicit town(std::uint32_t permits, int tasks) : people_{permits, 2}, left_{tasks} {}

  void send(std::uint32_t home) {
    queued_[home].fetch_add(1, std::memory_order_seq_cst);
    if (!people_.call(home)) people_.work_arrived(home);
  }

  template <class Run>
  void work(std::uint32_t home, Run run) {
    bool alone = false;
    while (until_active(home, alone)) {
      bool ran = false;
      while (run_one(home, alone, run)) ran = true;
      people_.deactivate();
      if (!ran) model::atomics::pause();
    }
  }

  /// The same for a thread of home 1 that goes to sleep at home 0 once move() was called.
  void work_where_told() {
    bool alone = false;
    while (until_active(1, alone, &told_)) {
      bool ran = false;
      while (run_one(told_.load(std::memory_order_seq_cst), alone, [] {})) ran = true;
      people_.deactivate();
      if (!ran) model::atomics::pause();
    }
  }
  void move() {
    told_.store(0, std::memory_order_seq_cst);
    people_.wake_all();
  }

  bool come() { return people_.try_activate(); }
  void leave() { people_.hand_over(); }

 private:
  bool has_tasks(std::uint32_t home) { return queued_[home].load(std::memory_order_seq_cst) != 0; }
  bool nobody_comes_for(std::uint32_t other) { return has_tasks(other) && !people_.call(other); }
  bool sees_work(std::uint32_t home) { return has_tasks(home) || nobody_comes_for(1 - home); }

  bool until_active(std::uint32_t home, bool& alone, model::atomic<std::uint32_t> const* told = nullptr) {
    for (;;) {
      people_.begin_search(home);
      bool const found = sees_work(home) && people_.try_activate();
      alone = people_.end_search(home);
      if (found) return true;
      if (told != nullptr) home = told->load(std::memory_order_seq_cst);
      auto const key = people_.prepare(home);
      if (left_.load(std::memory_order_seq_cst) == 0) {
        people_.cancel(home);
        return false;
      }
      if (sees_work(home) && !people_.defer())
        people_.cancel(home);
      else
        people_.sleep(key, home);
    }
  }

  bool take(std::uint32_t home) {
    int seen = queued_[home].load(std::memory_order_relaxed);
    while (seen != 0)
      if (queued_[home].compare_exchange_weak(seen, seen - 1, std::memory_order_seq_cst, std::memory_order_relaxed))
        return true;
    return false;
  }

  template <class Run>
  bool run_one(std::uint32_t home, bool& alone, Run const& run) {
    if (!take(home) && !(nobody_comes_for(1 - home) && take(1 - home))) return false;
    if (alone && sees_work(home)) people_.work_arrived(home);
    alone = false;
    run();
    if (left_.fetch_sub(1, std::memory_order_seq_cst) == 1) people_.wake_all();
    return true;
  }

  beat::roster<model::atomics> people_;
  model::atomic<int> queued_[2]{0, 0};
  model::atomic<int> left_;
  model::atomic<std::uint32_t> told_{1};
};

/// Two levels of tasks, which are only counted; who is done with one looks for the higher one first.
class levels {
 public:
  explicit levels(std::uint32_t permits, int tasks) : people_{permits}, left_{tasks} {}

  void send(int level) {
    queued_[level].fetch_add(1, std::memory_order_seq_cst);
    people_.work_arrived();
  }

  void work() {
    while (until_active()) {
      bool ran = false;
      while (run_one()) ran = true;
      people_.deactivate();
      if (!ran) model::atomics::pause();
    }
  }

 private:
  bool has(int level) { return queued_[level].load(std::memory_order_seq_cst) != 0; }
  bool sees_work() { return has(1) || has(0); }

  bool until_active() {
    for (;;) {
      people_.begin_search();
      bool const found = sees_work() && people_.try_activate();
      people_.end_search();
      if (found) return true;
      auto const key = people_.prepare();
      if (left_.load(std::memory_order_seq_cst) == 0) {
        people_.cancel();
        return false;
      }
      bool const is_left = sees_work();  // at all levels
      if (is_left && !people_.defer())
        people_.cancel();
      else
        people_.sleep(key);
    }
  }

  bool take(int level) {
    int seen = queued_[level].load(std::memory_order_relaxed);
    while (seen != 0)
      if (queued_[level].compare_exchange_weak(seen, seen - 1, std::memory_order_seq_cst, std::memory_order_relaxed))
        return true;
    return false;
  }

  bool run_one() {
    if (!take(1) && !take(0)) return false;
    if (left_.fetch_sub(1, std::memory_order_seq_cst) == 1) people_.wake_all();
    return true;
  }

  beat::roster<model::atomics> people_;
  model::atomic<int> queued_[2]{0, 0};
  model::atomic<int> left_;
};

/// What a task does that another one has to join: they run at the same time, or never end.
class meeting {
 public:
  void operator()() {
    began_.fetch_add(1, std::memory_order_seq_cst);
    while (began_.load(std::memory_order_seq_cst) != 2) model::atomics::pause();
  }

 private:
  model::atomic<int> began_{0};
};

}  // namespace

TEST_CASE("roster: a task is sent to a thread that goes to sleep", "[model][roster]") {
  model::verify({.at_least = 3'100}, [] {
    pool p{1, 1};
    node n;
    model::parallel([&] { p.work(nothing); }, [&] { p.send(n); });
    model::expect(n.runs == 1, "the task did not run");
  });
}

TEST_CASE("roster: a task of each level is sent to a thread that goes to sleep", "[model][roster]") {
  model::verify({.preemptions = 2, .at_least = 12'400}, [] {
    levels l{1, 2};
    model::parallel([&] { l.work(); }, [&] { l.send(0), l.send(1); });
  });
}

TEST_CASE("roster: a task of each level is sent by a thread of its own", "[model][roster]") {
  model::verify({.preemptions = 2, .at_least = 163'700}, [] {
    levels l{1, 2};
    model::parallel([&] { l.work(); }, [&] { l.send(0); }, [&] { l.send(1); });
  });
}

TEST_CASE("roster: two tasks of one home meet, as a thread of another one runs the second", "[model][roster]") {
  model::verify({.preemptions = 2, .at_least = 16'300}, [] {
    town t{2, 2};
    meeting meet;
    t.send(1), t.send(1);
    model::parallel([&] { t.work(0, std::ref(meet)); }, [&] { t.work(1, std::ref(meet)); });
  });
}

TEST_CASE("roster: a guest has the only permit when a task is sent to a home", "[model][roster]") {
  model::verify({.preemptions = 2, .at_least = 61'900}, [] {
    town t{1, 1};
    static_cast<void>(t.come());
    model::parallel([&] { t.work(0, [] {}); }, [&] { t.leave(); }, [&] { t.send(1); });
  });
}

TEST_CASE("roster: a task is sent to a home without threads", "[model][roster]") {
  model::verify({.preemptions = 2, .at_least = 46'800}, [] {
    town t{1, 2};
    model::parallel([&] { t.work(0, [] {}); }, [&] { t.send(1), t.send(0); });
  });
}

TEST_CASE("roster: a task is sent to a home whose thread goes to sleep", "[model][roster]") {
  model::verify({.preemptions = 1, .at_least = 16'000}, [] {
    town t{2, 1};
    model::parallel([&] { t.work(0, [] {}); }, [&] { t.work(1, [] {}); }, [&] { t.send(1); });
  });
}

TEST_CASE("roster: a task of each home meets the other", "[model][roster][long]") {
  model::verify({.preemptions = 1, .at_least = 149'000}, [] {
    town t{2, 2};
    meeting meet;
    model::parallel([&] { t.work(0, std::ref(meet)); }, [&] { t.work(1, std::ref(meet)); },
                    [&] { t.send(1), t.send(0); });
  });
}

TEST_CASE("roster: a task is sent to a home which one of its threads leaves", "[model][roster][long]") {
  model::verify({.preemptions = 1, .at_least = 216'600}, [] {
    town t{2, 1};
    model::parallel([&] { t.work(1, [] {}); }, [&] { t.work_where_told(); }, [&] { t.move(), t.send(1); });
  });
}

TEST_CASE("roster: two tasks are sent to a thread", "[model][roster]") {
  model::verify({.at_least = 77'100}, [] {
    pool p{1, 2};
    node n[2];
    model::parallel([&] { p.work(nothing); }, [&] { p.send(n[0]), p.send(n[1]); });
    model::expect(n[0].runs == 1 && n[1].runs == 1, "a task did not run");
  });
}

TEST_CASE("roster: a guest has the only permit when a task is sent", "[model][roster]") {
  model::verify({.preemptions = 2, .at_least = 97'200}, [] {
    pool p{1, 1};
    node n;
    model::parallel([&] { p.work(nothing); }, [&] { p.visit(); }, [&] { p.send(n); });
    model::expect(n.runs == 1, "the task did not run");
  });
}

TEST_CASE("roster: two guests have the only permit one after the other", "[model][roster]") {
  model::verify({.at_least = 567'100}, [] {
    pool p{1, 1};
    node n;
    static_cast<void>(p.come());
    p.send(n);
    model::parallel([&] { p.work(nothing); }, [&] { p.leave(); }, [&] { p.visit(); });
    model::expect(n.runs == 1, "the task did not run");
  });
}

TEST_CASE("roster: a task waits for a permit more, as a guest keeps the only one", "[model][roster]") {
  model::verify({.at_least = 970}, [] {
    pool p{1, 1};
    node n;
    static_cast<void>(p.come());
    p.send(n);
    model::parallel([&] { p.work(nothing); }, [&] { p.resize(2); });
    model::expect(n.runs == 1, "the task did not run");
  });
}

TEST_CASE("roster: a task is sent while there comes a permit more", "[model][roster]") {
  model::verify({.preemptions = 2, .at_least = 50'000}, [] {
    pool p{1, 1};
    node n;
    static_cast<void>(p.come());
    model::parallel([&] { p.work(nothing); }, [&] { p.send(n); }, [&] { p.resize(2); });
    model::expect(n.runs == 1, "the task did not run");
  });
}

TEST_CASE("roster: a permit is taken away while two tasks run", "[model][roster]") {
  model::verify({.preemptions = 1, .at_least = 16'400}, [] {
    pool p{2, 2};
    node n[2];
    p.send(n[0]), p.send(n[1]);
    model::parallel([&] { p.work_while_allowed(nothing); }, [&] { p.work_while_allowed(nothing); },
                    [&] { p.resize(1); });
    model::expect(n[0].runs == 1 && n[1].runs == 1, "a task did not run");
  });
}

TEST_CASE("roster: a thread blocks while there comes a permit more: one of the two starts another", "[model][roster]") {
  model::verify({.at_least = 26}, [] {
    beat::roster<model::atomics> people{1};
    people.unblock(), people.unblock();
    bool by_who_blocks = false, by_who_resizes = false;
    model::parallel([&] { by_who_blocks = people.block(); },
                    [&] {
                      people.set_permits(2);
                      by_who_resizes = people.lacks_threads_for(2);
                    });
    model::expect(by_who_blocks || by_who_resizes, "a permit without a thread");
  });
}

TEST_CASE("roster: two threads and one permit", "[model][roster]") {
  model::verify({.at_least = 80'300}, [] {
    pool p{1, 2};
    node n[2];
    p.send(n[0]), p.send(n[1]);
    model::parallel([&] { p.work(nothing); }, [&] { p.work(nothing); });
    model::expect(n[0].runs == 1 && n[1].runs == 1, "a task did not run");
  });
}

TEST_CASE("roster: a lookout that leaves sees what was done before somebody saw it", "[model][roster]") {
  model::verify({.at_least = 8}, [] {
    beat::roster<model::atomics> people{2};
    model::atomic<int> region{0};
    static_cast<void>(people.try_lookout());
    bool watched = false, seen = false;
    model::parallel(
        [&] {
          region.store(1, std::memory_order_relaxed);
          watched = people.is_watched();
        },
        [&] {
          people.leave_lookout();
          seen = region.load(std::memory_order_relaxed) == 1;
        });
    model::expect(seen || !watched, "somebody relied on a lookout that has missed it");
  });
}

TEST_CASE("roster: there is one lookout, and it knows what the last one knew", "[model][roster]") {
  model::verify({.at_least = 19}, [] {
    beat::roster<model::atomics> people{2};
    model::plain<int> sightings = 0;
    auto const watch = [&] {
      if (!people.try_lookout()) return;
      sightings = sightings + 1;
      people.leave_lookout();
    };
    model::parallel(watch, watch, watch);
  });
}

// With two sleepers three preemptions take hours; two take seconds.
TEST_CASE("roster: a task is sent to two threads that go to sleep", "[model][roster]") {
  model::verify({.preemptions = 2, .at_least = 273'600}, [] {
    pool p{2, 1};
    node n;
    model::parallel([&] { p.work(nothing); }, [&] { p.work(nothing); }, [&] { p.send(n); });
    model::expect(n.runs == 1, "the task did not run");
  });
}

TEST_CASE("roster: a task waits for another one, which a second thread has to run", "[model][roster]") {
  model::verify({.at_least = 161'100}, [] {
    pool p{2, 2};
    node n[2];
    model::atomic<int> began{0};
    auto const meet = [&](node&) {
      began.fetch_add(1, std::memory_order_seq_cst);
      while (began.load(std::memory_order_seq_cst) != 2) model::atomics::pause();
    };
    p.send(n[0]), p.send(n[1]);
    model::parallel([&] { p.work(meet); }, [&] { p.work(meet); });
    model::expect(n[0].runs == 1 && n[1].runs == 1, "a task did not run");
  });
}
