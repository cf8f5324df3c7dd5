// SPDX-License-Identifier: MIT
// The explorer itself: what it must let threads read, what it must not, and that each rule of its own is enforced.

#include <array>
#include <cstdlib>
#include <set>

#include "catch.hpp"
#include "explorer.hpp"

namespace {

using order = std::memory_order;
constexpr order relaxed = order::relaxed, acquire = order::acquire, release = order::release, seq_cst = order::seq_cst;

using outcome = std::array<int, 4>;

/// Everything that the program may end with.
template <class Program>
std::set<outcome> outcomes(Program program) {
  std::set<outcome> all;
  model::verdict const v = model::explore({.preemptions = 10}, [&] {
    outcome const o = program();
    model::untracked const here;
    all.insert(o);
  });
  CHECK(v.violation == "");
  return all;
}

/// Two threads that each write, and then read what the other one writes.
std::set<outcome> store_buffering(order write, order read) {
  return outcomes([=] {
    model::atomic<int> x{0}, y{0};
    outcome o{};
    model::parallel(
        [&] {
          x.store(1, write);
          o[0] = y.load(read);
        },
        [&] {
          y.store(1, write);
          o[1] = x.load(read);
        });
    return o;
  });
}

/// A message and the flag that says it is there.
std::set<outcome> message_passing(order write, order read) {
  return outcomes([=] {
    model::atomic<int> data{0}, flag{0};
    outcome o{};
    model::parallel(
        [&] {
          data.store(1, relaxed);
          flag.store(1, write);
        },
        [&] {
          o[0] = flag.load(read);
          o[1] = data.load(relaxed);
        });
    return o;
  });
}

/// Two threads that read the writes of two others; each reads one more than it needs to see in which order.
std::set<outcome> independent_reads(order write, order read) {
  return outcomes([=] {
    model::atomic<int> x{0}, y{0};
    outcome o{};
    model::parallel([&] { x.store(1, write); }, [&] { y.store(1, write); },
                    [&] {
                      o[0] = x.load(read);
                      o[1] = y.load(read);
                    },
                    [&] {
                      o[2] = y.load(read);
                      o[3] = x.load(read);
                    });
    return o;
  });
}

template <class Program>
std::string violation_of(Program program) {
  return model::explore({}, program).violation;
}

}  // namespace

TEST_CASE("explorer: store buffering", "[model][explorer]") {
  CHECK(store_buffering(release, acquire).count({0, 0}) == 1);
  CHECK(store_buffering(seq_cst, acquire).count({0, 0}) == 1);
  CHECK(store_buffering(release, seq_cst).count({0, 0}) == 1);
  CHECK(store_buffering(seq_cst, seq_cst) == std::set<outcome>{{0, 1}, {1, 0}, {1, 1}});
}

TEST_CASE("explorer: message passing", "[model][explorer]") {
  CHECK(message_passing(relaxed, acquire).count({1, 0}) == 1);
  CHECK(message_passing(release, relaxed).count({1, 0}) == 1);
  CHECK(message_passing(release, acquire) == std::set<outcome>{{0, 0}, {0, 1}, {1, 1}});
}

TEST_CASE("explorer: independent reads of independent writes", "[model][explorer]") {
  CHECK(independent_reads(release, acquire).count({1, 0, 1, 0}) == 1);
  CHECK(independent_reads(seq_cst, seq_cst).count({1, 0, 1, 0}) == 0);
}

TEST_CASE("explorer: a location has one history", "[model][explorer]") {
  auto const all = outcomes([] {
    model::atomic<int> x{0};
    outcome o{};
    model::parallel([&] { x.store(1, relaxed), x.store(2, relaxed); },
                    [&] {
                      o[0] = x.load(relaxed);
                      o[1] = x.load(relaxed);
                    });
    return o;
  });
  CHECK(all == std::set<outcome>{{0, 0}, {0, 1}, {0, 2}, {1, 1}, {1, 2}, {2, 2}});
}

TEST_CASE("explorer: a release sequence goes on through read-modify-writes only", "[model][explorer]") {
  auto const passed = [](bool by_store) {
    return outcomes([=] {
      model::atomic<int> data{0}, flag{0};
      outcome o{};
      model::parallel(
          [&] {
            data.store(1, relaxed);
            flag.store(1, release);
            if (by_store)
              flag.store(2, relaxed);
            else
              flag.fetch_add(1, relaxed);
          },
          [&] {
            o[0] = flag.load(acquire);
            o[1] = data.load(relaxed);
          });
      return o;
    });
  };
  CHECK(passed(true).count({2, 0}) == 1);
  CHECK(passed(false).count({2, 0}) == 0);
}

TEST_CASE("explorer: a read-modify-write reads the last store", "[model][explorer]") {
  auto const all = outcomes([] {
    model::atomic<int> x{0};
    outcome o{};
    model::parallel([&] { o[0] = x.fetch_add(1, relaxed); }, [&] { o[1] = x.fetch_add(1, relaxed); });
    return o;
  });
  CHECK(all == std::set<outcome>{{0, 1}, {1, 0}});
}

// Z6.U of Lahav et al., "Repairing sequential consistency in C/C++11" (PLDI 2017), which C++20 allows.
TEST_CASE("explorer: seq_cst operations have an order of their own", "[model][explorer]") {
  auto const all = outcomes([] {
    model::atomic<int> x{0}, y{0};
    outcome o{};
    model::parallel(
        [&] {
          x.store(1, seq_cst);
          y.store(1, release);
        },
        [&] {
          o[0] = y.fetch_add(1, seq_cst);
          o[1] = y.load(relaxed);
        },
        [&] {
          y.store(3, seq_cst);
          o[2] = x.load(seq_cst);
        });
    return o;
  });
  CHECK(all.count({1, 3, 0}) == 1);
}

TEST_CASE("explorer: a light and a heavy fence order what a store and a load do not", "[model][explorer]") {
  auto const with = [](bool light, bool heavy) {
    return outcomes([=] {
      model::atomic<int> x{0}, y{0};
      outcome o{};
      model::parallel(
          [&] {
            x.store(1, release);
            if (light) model::atomics::light_fence();
            o[0] = y.load(acquire);
          },
          [&] {
            y.store(1, release);
            if (heavy) model::atomics::heavy_fence();
            o[1] = x.load(acquire);
          });
      return o;
    });
  };
  CHECK(with(true, true).count({0, 0}) == 0);
  CHECK(with(true, false).count({0, 0}) == 1);
  CHECK(with(false, true).count({0, 0}) == 1);
}

TEST_CASE("explorer: finds a race, and nothing where a flag orders", "[model][explorer]") {
  auto const race = [](order write) {
    return violation_of([=] {
      model::plain<int> data = 0;
      model::atomic<int> flag{0};
      model::parallel(
          [&] {
            data = 1;
            flag.store(1, write);
          },
          [&] {
            if (flag.load(acquire) == 1) model::expect(data == 1, "old data");
          });
    });
  };
  CHECK(race(release) == "");
  CHECK(race(relaxed).find("data race") == 0);
}

TEST_CASE("explorer: lost wake-ups, endless waits, leaks, uses after the end", "[model][explorer]") {
  CHECK(violation_of([] {
          model::atomic<std::uint32_t> word{0};
          model::parallel([&] { model::atomics::futex_wait(word, 0); }, [&] { word.store(1, release); });
        }).find("stuck") == 0);
  CHECK(violation_of([] {
          model::atomic<std::uint32_t> word{0};
          model::parallel([&] { model::atomics::futex_wait(word, 0); },
                          [&] {
                            word.store(1, release);
                            model::atomics::futex_wake(word, 1);
                          });
        }) == "");
  CHECK(violation_of([] {
          model::atomic<int> flag{0};
          model::parallel([&] {
            while (flag.load(acquire) == 0) model::atomics::pause();
          });
        }).find("stuck") == 0);
  CHECK(violation_of([] {
          model::atomic<int> flag{0};
          model::parallel([&] {
            while (flag.fetch_add(0, acquire) == 0) continue;
          });
        }).find("endless") == 0);
  CHECK(violation_of([] {
          int* const volatile lost = new int{1};
          static_cast<void>(lost);
        }).find("leak") == 0);
  CHECK(violation_of([] {
          auto* const flag = new model::atomic<int>{0};
          model::parallel([=] { flag->store(1, relaxed); }, [=] { delete flag; });
        }) != "");
}

TEST_CASE("explorer: what it finds is shown again by the schedule", "[model][explorer]") {
  auto const program = [] {
    model::atomic<int> x{0};
    model::parallel([&] { x.store(1, relaxed); }, [&] { x.store(2, relaxed); },
                    [&] { model::expect(x.load(relaxed) != 2, "two was read"); });
  };
  model::verdict const found = model::explore({}, program);
  CHECK(found.violation == "two was read");
  CHECK(found.trace.find("load") != std::string::npos);
  setenv("BEAT_MODEL_SCHEDULE", found.schedule.c_str(), 1);
  model::verdict const again = model::explore({}, program);
  unsetenv("BEAT_MODEL_SCHEDULE");
  CHECK(again.violation == found.violation);
  CHECK(again.executions == 1);
}

TEST_CASE("explorer: a lost increment is found with one preemption, and at random", "[model][explorer]") {
  auto const program = [] {
    model::atomic<int> x{0};
    model::parallel([&] { x.store(x.load(acquire) + 1, release); }, [&] { x.store(x.load(acquire) + 1, release); });
    model::expect(x.load(acquire) == 2, "an increment was lost");
  };
  CHECK(model::explore({.preemptions = 1}, program).violation == "an increment was lost");
  CHECK(model::explore({.random_executions = 1000, .seed = 7}, program).violation == "an increment was lost");
}
