// SPDX-License-Identifier: MIT
// The event count under every schedule: nobody sleeps through a notification, and who was woken sees what came before.

#include <beat/runtime/event_count.hpp>

#include "catch.hpp"
#include "explorer.hpp"

namespace {

using event_count = beat::event_count<model::atomics>;

struct condition {
  model::atomic<int> holds{0};
  event_count changed;

  bool look() { return holds.load(std::memory_order_seq_cst) != 0; }
  void set() { holds.store(1, std::memory_order_seq_cst); }

  void await() {
    while (!look()) {
      auto const key = changed.prepare();
      if (look()) return changed.cancel();
      changed.wait(key);
    }
  }
};

/// One thread announces itself; another one writes after that, and notifies.
struct written_before_notified {
  event_count changed;
  model::plain<int> data = 0;
  model::atomic<int> announced{0};

  event_count::key prepare() {
    auto const key = changed.prepare();
    announced.store(1, std::memory_order_seq_cst);
    return key;
  }
  void write_and_notify() {
    while (announced.load(std::memory_order_seq_cst) == 0) model::atomics::pause();
    data = 1;
    changed.notify_one();
  }
};

}  // namespace

TEST_CASE("event count: one waits for a condition that another one sets", "[model][event_count]") {
  model::verify({.at_least = 77}, [] {
    condition c;
    model::parallel([&] { c.await(); },
                    [&] {
                      c.set();
                      c.changed.notify_one();
                    });
  });
}

TEST_CASE("event count: two wait, and one notifies both", "[model][event_count]") {
  model::verify({.at_least = 6'900}, [] {
    condition c;
    model::parallel([&] { c.await(); }, [&] { c.await(); },
                    [&] {
                      c.set();
                      c.changed.notify_all();
                    });
  });
}

TEST_CASE("event count: two notify one each", "[model][event_count]") {
  model::verify({.at_least = 154'600}, [] {
    condition c[2];
    event_count& shared = c[0].changed;
    auto const await = [&](condition& mine) {
      while (!mine.look()) {
        auto const key = shared.prepare();
        if (mine.look()) return shared.cancel();
        shared.wait(key);
      }
    };
    auto const set = [&](condition& yours) {
      yours.set();
      shared.notify_all();
    };
    model::parallel([&] { await(c[0]); }, [&] { set(c[0]), set(c[1]); }, [&] { await(c[1]); });
  });
}

TEST_CASE("event count: who was notified sees what was written before", "[model][event_count]") {
  model::verify({.at_least = 70}, [] {
    written_before_notified w;
    model::parallel(
        [&] {
          auto const key = w.prepare();
          w.changed.wait(key);
          model::expect(w.data == 1, "woken, but nothing had happened");
        },
        [&] { w.write_and_notify(); });
  });
}

TEST_CASE("event count: a sleep that ends by itself says so, or that it was notified", "[model][event_count]") {
  model::verify({.at_least = 150}, [] {
    written_before_notified w;
    model::parallel(
        [&] {
          auto const key = w.prepare();
          if (w.changed.wait_for(key, 1000)) model::expect(w.data == 1, "woken, but nothing had happened");
        },
        [&] { w.write_and_notify(); });
  });
}

TEST_CASE("event count: who prepares again after a notification sees what came before it", "[model][event_count]") {
  model::verify({.at_least = 150}, [] {
    written_before_notified w;
    model::parallel(
        [&] {
          auto const before = w.prepare();
          auto const after = w.changed.prepare();
          if (after != before) model::expect(w.data == 1, "notified, but nothing had happened");
          w.changed.cancel();
          w.changed.cancel();
        },
        [&] { w.write_and_notify(); });
  });
}
