// SPDX-License-Identifier: MIT
// The gate under every schedule: once it is closed and quiet nothing runs any more, and who saw that sees what ran; who
// waits for quiet is told.

#include <beat/runtime/event_count.hpp>
#include <beat/runtime/gate.hpp>

#include "catch.hpp"
#include "explorer.hpp"

namespace {

struct pool {
  beat::gate<model::atomics> tasks;
  beat::event_count<model::atomics> settled;
  model::plain<int> runs[2] = {0, 0};
  model::atomic<int> admitted{0};

  bool submit(int task, bool from_task, bool posts_another = false) {
    if (!tasks.admit(from_task)) return false;
    admitted.fetch_add(1, std::memory_order_relaxed);
    runs[task] = 1;
    if (posts_another) model::expect(submit(task + 1, true), "a task was refused that a task submits");
    if (tasks.finish(1)) settled.notify_all();
    return true;
  }

  void wait_until_quiet() {
    while (!tasks.quiet()) {
      auto const key = settled.prepare();
      if (tasks.quiet()) {
        settled.cancel();
        break;
      }
      settled.wait(key);
    }
  }

  void shut_down() {
    tasks.close();
    wait_until_quiet();
    int const ran = runs[0] + runs[1];  // a race, unless all has ended
    model::expect(ran == admitted.load(std::memory_order_relaxed), "the pool was quiet, but a task had not run");
    model::expect(!tasks.admit(false), "a closed gate let a task in");
  }
};

}  // namespace

TEST_CASE("gate: two submit while the pool shuts down", "[model][gate]") {
  model::verify({.at_least = 82'500}, [] {
    pool p;
    model::parallel([&] { p.submit(0, false); }, [&] { p.submit(1, false); }, [&] { p.shut_down(); });
  });
}

TEST_CASE("gate: a task submits another one while the pool shuts down", "[model][gate]") {
  model::verify({.at_least = 2'100}, [] {
    pool p;
    model::parallel([&] { p.submit(0, false, true); }, [&] { p.shut_down(); });
  });
}

TEST_CASE("gate: a task goes to another thread, and who waits sees it end", "[model][gate]") {
  model::verify({.at_least = 690}, [] {
    pool p;
    model::atomic<int> queue{0};
    model::parallel(
        [&] {
          model::expect(p.tasks.admit(false), "an open gate refused a task");
          queue.store(1, std::memory_order_release);
          p.wait_until_quiet();
          model::expect(p.runs[0] == 1, "quiet, but the task has not run");
        },
        [&] {
          while (queue.load(std::memory_order_acquire) == 0) model::atomics::pause();
          p.runs[0] = 1;
          if (p.tasks.finish(1)) p.settled.notify_all();
        });
  });
}

TEST_CASE("gate: two shut down at once", "[model][gate]") {
  model::verify({.at_least = 101'300}, [] {
    pool p;
    model::parallel([&] { p.submit(0, false); }, [&] { p.shut_down(); }, [&] { p.shut_down(); });
  });
}

TEST_CASE("gate: who sees it closed sees what came before", "[model][gate]") {
  model::verify({.at_least = 2}, [] {
    beat::gate<model::atomics> g;
    model::plain<int> before = 0;
    model::parallel(
        [&] {
          before = 1;
          g.close();
        },
        [&] {
          if (g.is_closed()) model::expect(before == 1, "closed too early");
        });
  });
}
