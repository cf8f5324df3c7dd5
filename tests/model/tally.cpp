// SPDX-License-Identifier: MIT
// The tally under every schedule: who waits for the last task is told, and may destroy the tally at once.

#include <beat/runtime/event_count.hpp>
#include <beat/runtime/tally.hpp>

#include "catch.hpp"
#include "explorer.hpp"

namespace {

struct group {
  beat::tally<model::atomics> pending;
  model::plain<int> effects[2] = {0, 0};
};

/// What outlives the groups.
struct pool {
  beat::event_count<model::atomics> settled;

  void end(group& g, int task) {
    g.effects[task] = 1;
    if (g.pending.leave()) settled.notify_all();
  }

  void wait(group& g) {
    while (!g.pending.is_empty()) {
      auto const key = settled.prepare();
      if (g.pending.announce()) {
        settled.cancel();
        break;
      }
      settled.wait(key);
    }
    g.pending.reset();
    model::expect(g.effects[0] == 1 && g.effects[1] == 1, "waited, but a task had not ended");
  }
};

}  // namespace

TEST_CASE("tally: one waits for two tasks, and destroys the group", "[model][tally]") {
  model::verify({.at_least = 180}, [] {
    pool p;
    auto* const g = new group;
    g->pending.add();
    g->pending.add();
    model::parallel([&, g] { p.end(*g, 0); }, [&, g] { p.end(*g, 1); },
                    [&, g] {
                      p.wait(*g);
                      delete g;
                    });
  });
}

TEST_CASE("tally: who waits is disturbed, waits on, and uses the group again", "[model][tally]") {
  model::verify({.at_least = 1'900}, [] {
    pool p;
    group g;
    g.pending.add();
    model::parallel(
        [&] {
          g.effects[1] = 1;
          p.end(g, 0);
        },
        [&] { p.settled.notify_all(); },
        [&] {
          p.wait(g);
          g.pending.add();
          p.end(g, 0);
          model::expect(g.pending.is_empty(), "the group can't be used again");
        });
  });
}

TEST_CASE("tally: a task adds another one", "[model][tally]") {
  model::verify({.at_least = 130}, [] {
    pool p;
    auto* const g = new group;
    g->pending.add();
    model::parallel(
        [&, g] {
          g->pending.add();
          p.end(*g, 0);
          p.end(*g, 1);
        },
        [&, g] {
          p.wait(*g);
          delete g;
        });
  });
}
