// SPDX-License-Identifier: MIT
// The fork stack and its jobs under every schedule: each job runs exactly once, by its owner or by one thief, who sees
// what the owner wrote before; and the owner sees what the thief wrote.

#include <beat/runtime/event_count.hpp>
#include <beat/runtime/fork_stack.hpp>
#include <beat/runtime/job.hpp>

#include "catch.hpp"
#include "explorer.hpp"

namespace {

using beat::joined;
using beat::steal_status;

/// A stack of two slots, and what its owner and its thieves do.
template <class Atomics>
struct rig {
  using job = beat::basic_job<rig, Atomics>;
  using fork_stack = beat::fork_stack<job, Atomics>;
  using control = typename fork_stack::control;

  static constexpr std::uint32_t capacity = 2;
  typename fork_stack::slot slots[capacity];
  typename fork_stack::mark marks[capacity];
  fork_stack stack{slots, marks, capacity};

  struct work : job {
    explicit work(int n) : job{&run_for_thief}, input{n} {}

    void execute() {
      model::expect(input != 0, "a job ran before it was forked, or after it was joined");
      model::expect(output == 0, "a job ran twice");
      output = input + 1;
    }
    static beat::job_mark run_for_thief(job* self, rig&) {
      static_cast<work*>(self)->execute();
      return beat::job_mark::done;
    }

    model::plain<int> input;
    model::plain<int> output = 0;
  };

  // ---- the owner ----

  std::uint32_t fork(work& w) {
    std::uint32_t const index = stack.push(&w);
    if (stack.is_requested()) static_cast<void>(stack.serve());
    return index;
  }

  void await(job& j) {
    while (!j.ended()) Atomics::pause();
  }

  std::uint64_t thief_of(std::uint32_t index) {
    for (;;) {
      if (std::uint64_t const mark = stack.thief_of(index); mark != 0) return mark;
      Atomics::pause();
    }
  }

  void release(std::uint32_t index) {
    static_cast<void>(thief_of(index));
    stack.rebase(index);
  }

  joined join(work& w, std::uint32_t index) {
    joined const result = stack.pop(index);
    if (result == joined::kept) {
      w.execute();
    } else {
      release(index);
      await(w);
    }
    model::expect(w.output == w.input + 1, "the owner does not see the result");
    return result;
  }

  void fork_and_join() {
    work w{1};
    join(w, fork(w));
  }

  void fork_two_and_join() {
    work first{1}, second{2};
    std::uint32_t const one = fork(first), two = fork(second);
    join(second, two);
    join(first, one);
  }

  // ---- a thief ----

  bool steal(control seen, std::uint64_t self) {
    auto const got = stack.for_thieves().steal(seen, self);
    if (got.status != steal_status::stolen) return false;
    if (!got.loot->is_filler()) got.loot->finish(got.loot->run(*this));
    return true;
  }
  bool steal(std::uint64_t self) { return steal(stack.for_thieves().look(), self); }
  void force_and_steal(std::uint32_t self) {
    static_cast<void>(stack.for_thieves().force(self));
    steal(self);
  }
  void request_and_steal(std::uint32_t self) {
    stack.for_thieves().request();
    steal(self);
  }
};

using two_sided = rig<model::atomics>;
using symmetric = rig<model::symmetric_atomics>;

}  // namespace

TEST_CASE("fork stack: published by force while its owner joins", "[model][fork_stack]") {
  model::verify({.at_least = 3'800}, [] {
    two_sided r;
    model::parallel([&] { r.fork_and_join(); }, [&] { r.force_and_steal(1); });
  });
}

TEST_CASE("fork stack: two jobs published by force while their owner joins", "[model][fork_stack]") {
  model::verify({.at_least = 38'200}, [] {
    two_sided r;
    model::parallel([&] { r.fork_two_and_join(); }, [&] { r.force_and_steal(1); });
  });
}

TEST_CASE("fork stack: two thieves publish by force", "[model][fork_stack]") {
  model::verify({.at_least = 498'100}, [] {
    two_sided r;
    model::parallel([&] { r.fork_and_join(); }, [&] { r.force_and_steal(1); }, [&] { r.force_and_steal(2); });
  });
}

TEST_CASE("fork stack: published by force again and again", "[model][fork_stack]") {
  model::verify({.at_least = 85'900}, [] {
    two_sided r;
    model::parallel(
        [&] {
          r.fork_and_join();
          r.fork_and_join();
        },
        [&] {
          r.force_and_steal(1);
          r.force_and_steal(1);
        });
  });
}

TEST_CASE("fork stack: published on request", "[model][fork_stack]") {
  model::verify({.at_least = 27'100}, [] {
    two_sided r;
    model::parallel([&] { r.fork_two_and_join(); }, [&] { r.request_and_steal(1); }, [&] { r.steal(2); });
  });
}

TEST_CASE("fork stack: who asked sleeps, and is woken when there is something to steal", "[model][fork_stack]") {
  model::verify({.at_least = 1'500}, [] {
    two_sided r;
    beat::event_count<model::atomics> sleepers;
    model::parallel(
        [&] {
          while (!r.stack.is_requested()) model::atomics::pause();
          two_sided::work w{1};
          std::uint32_t const index = r.stack.push(&w);
          if (r.stack.serve().requested) sleepers.notify_one();
          r.release(index);  // the thief has to take it
          r.await(w);
        },
        [&] {
          r.stack.for_thieves().request();
          auto const key = sleepers.prepare();
          if (r.stack.for_thieves().look().has_public())
            sleepers.cancel();
          else
            sleepers.wait(key);
          model::expect(r.steal(1), "woken, but there was nothing to steal");
        });
  });
}

TEST_CASE("fork stack: who looks and finds nothing sees what the thief did before", "[model][fork_stack]") {
  model::verify({.at_least = 19}, [] {
    two_sided r;
    two_sided::work w{1};
    model::atomic<int> region{0};
    std::uint32_t const index = r.stack.push(&w);
    static_cast<void>(r.stack.serve());
    model::parallel(
        [&] {
          region.store(1, std::memory_order_relaxed);
          r.steal(1);
        },
        [&] {
          if (!r.stack.for_thieves().look().has_public())
            model::expect(region.load(std::memory_order_relaxed) == 1,
                          "nothing is left, but nobody seems to have begun");
        });
    r.join(w, index);
  });
}

TEST_CASE("fork stack: a slot is used again", "[model][fork_stack]") {
  model::verify({.at_least = 1'900}, [] {
    two_sided r;
    model::parallel(
        [&] {
          r.fork_and_join();
          r.fork_and_join();
        },
        [&] {
          r.request_and_steal(1);
          r.steal(1);
        });
  });
}

TEST_CASE("fork stack: a slot is free as soon as the thief is known", "[model][fork_stack]") {
  model::verify({.at_least = 24'100}, [] {
    two_sided r;
    model::atomic<int> ended{0};
    model::parallel(
        [&] {
          two_sided::work jobs[3] = {two_sided::work{1}, two_sided::work{2}, two_sided::work{3}};
          bool taken[3];
          for (int i = 0; i < 3; ++i) {
            std::uint32_t const index = r.stack.push(&jobs[i]);
            static_cast<void>(r.stack.serve());
            taken[i] = r.stack.pop(index) == joined::taken;
            if (taken[i])
              r.release(index);
            else
              jobs[i].execute();
          }
          for (int i = 0; i < 3; ++i)
            if (taken[i]) r.await(jobs[i]);
          ended.store(1, std::memory_order_relaxed);
        },
        [&] {
          for (int i = 0; i < 3; ++i)
            if (!r.steal(1) && ended.load(std::memory_order_relaxed) == 0) model::atomics::pause();
        });
  });
}

TEST_CASE("fork stack: a job that is forked again, changed", "[model][fork_stack]") {
  model::verify({.at_least = 28'100}, [] {
    two_sided r;
    model::parallel(
        [&] {
          two_sided::work w{1};
          std::uint32_t const index = r.fork(w);
          if (r.join(w, index) == joined::taken) return;
          w.input = 5;
          w.output = 0;
          r.stack.push_again(index);
          if (r.stack.is_requested()) static_cast<void>(r.stack.serve());
          r.join(w, index);
        },
        [&] {
          r.force_and_steal(1);
          r.request_and_steal(1);
        });
  });
}

TEST_CASE("fork stack: a job that is got from below a younger one", "[model][fork_stack]") {
  model::verify({.at_least = 72'300}, [] {
    two_sided r;
    typename two_sided::job filler;
    model::parallel(
        [&] {
          two_sided::work first{1}, second{2};
          std::uint32_t const one = r.fork(first), two = r.fork(second);
          if (r.stack.pull_out(one, &filler) == joined::kept)
            first.execute();
          else {
            static_cast<void>(r.thief_of(one));
            r.await(first);
          }
          model::expect(first.output == 2, "the owner does not see the result");
          r.join(second, two);
          if (r.stack.pop(one) == joined::taken) r.release(one);
        },
        [&] {
          r.force_and_steal(1);
          r.steal(1);
        });
  });
}

TEST_CASE("fork stack: beyond the last slot a job stays private", "[model][fork_stack]") {
  model::verify({.at_least = 123'800}, [] {
    two_sided r;
    model::parallel(
        [&] {
          two_sided::work first{1}, second{2}, third{3};
          std::uint32_t const one = r.fork(first), two = r.fork(second), three = r.fork(third);
          model::expect(r.join(third, three) == joined::kept, "a job without a slot was published");
          r.join(second, two);
          r.join(first, one);
        },
        [&] { r.force_and_steal(1); });
  });
}

TEST_CASE("fork stack: who helps its thief takes only descendants of its job", "[model][fork_stack]") {
  model::verify({.at_least = 620}, [] {
    two_sided thief;
    model::atomic<std::uint32_t> ended{0};
    model::parallel(
        [&] {  // the thief: the job it took forks one, ends, and then the thief forks something else
          two_sided::work descendant{1};
          std::uint32_t const index = thief.stack.push(&descendant);
          static_cast<void>(thief.stack.serve());
          thief.join(descendant, index);
          ended.store(1, std::memory_order_release);
          two_sided::work stranger{5};
          std::uint32_t const again = thief.stack.push(&stranger);
          static_cast<void>(thief.stack.serve());
          model::expect(thief.join(stranger, again) == joined::kept, "a stranger was taken");
        },
        [&] {  // the owner of that job
          auto const seen = thief.stack.for_thieves().look();
          if (ended.load(std::memory_order_acquire) == 0 && seen.has_public()) thief.steal(seen, 2);
        });
  });
}

TEST_CASE("fork stack: by force without a process-wide barrier", "[model][fork_stack]") {
  model::verify({.at_least = 55'500}, [] {
    symmetric r;
    model::parallel([&] { r.fork_two_and_join(); },
                    [&] {
                      r.request_and_steal(1);
                      r.force_and_steal(1);
                    });
  });
}
