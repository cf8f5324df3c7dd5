// SPDX-License-Identifier: MIT
// Graphs and pipelines where memory or user code fails: all that had begun ends first, nothing leaks, and the pool and
// what was built work on. And a graph that ran once allocates nothing.

#include <atomic>
#include <beat.hpp>
#include <memory>
#include <optional>
#include <utility>

#include "catch.hpp"
#include "faults.hpp"

namespace {

using faults::expect;
using faults::kind;
using faults::user_code;

std::atomic<int> flow_objects{0};

/// User code in every place: made, copied, moved, called.
struct flow_body {
  std::atomic<int>* ran;
  explicit flow_body(std::atomic<int>& count) : ran{&count} { ++flow_objects; }
  flow_body(flow_body const& other) : ran{other.ran} { user_code(), ++flow_objects; }
  flow_body(flow_body&& other) : ran{other.ran} { user_code(), ++flow_objects; }
  ~flow_body() { --flow_objects; }
  void operator()() const { user_code(), ++*ran; }
};

void graph_scenario(beat::ThreadPool& pool) {
  std::atomic<int> ran{0};
  beat::graph g, part;
  flow_body const body{ran};
  auto const first = part.add(body);
  first.before(part.add(body), part.add(body));
  auto const p = g.add(std::move(part));
  auto const again = g.add_condition([&ran, body] { return body(), ran < 10 ? 0 : 1; });
  p.name("a part with a name that needs memory").after(g.add([] {})).before(again);
  again.before(p, g.add(body));
  g.run(pool);
  expect(ran == 13, "a node was lost, or ran twice");
  ran = 0;
  g.run(pool);
  expect(ran == 13, "a node was lost, or ran twice, in the second run");
}

/// A value that user code moves.
struct flow_value {
  flow_value() { ++flow_objects; }
  flow_value(flow_value&&) { user_code(), ++flow_objects; }
  flow_value& operator=(flow_value&&) = delete;
  ~flow_value() { --flow_objects; }
};

void pipeline_scenario(beat::ThreadPool& pool) {
  int left = 6;
  std::atomic<int> through{0};
  beat::pipeline p{[&]() -> std::optional<flow_value> {
                     user_code();
                     std::optional<flow_value> next;
                     if (left-- > 0) next.emplace();
                     return next;
                   },
                   beat::parallel([](flow_value v) {
                     user_code();
                     return v;
                   }),
                   beat::serial_in_order([&](flow_value const&) { user_code(), ++through; })};
  expect(p.run(pool, {.tokens = 3}) == 6 && through == 6, "a value was lost, or went through twice");
}

}  // namespace

TEST_CASE("graphs and pipelines stand a failure of any allocation or call of user code", "[faults]") {
  beat::ThreadPool pool{2};
  for (kind const what : {kind::allocation, kind::shortage, kind::user_code}) {
    auto const checked = [&](auto scenario) {
      faults::result const result = faults::fail_each(what, [&] {
        struct leak_check {
          ~leak_check() { expect(flow_objects == 0, "an object was destroyed twice, or not at all"); }
        } const afterwards;
        scenario(pool);
      });
      CHECK(result.wrong == "");
      CHECK(result.points > 2);
    };
    checked(graph_scenario);
    checked(pipeline_scenario);
  }
  pool.wait();
  beat::pool_stats const all = pool.stats();
  CHECK(all.submitted == all.completed + all.failed + all.cancelled);
}

TEST_CASE("a graph that ran once allocates nothing", "[faults]") {
  beat::ThreadPool pool{1};
  std::atomic<int> ran{0};
  beat::graph g, part;
  for (int i = 0; i < 50; ++i) part.add([&] { ++ran; });
  auto const p = g.add(std::move(part));
  auto const again = g.add_condition([&] { return ran < 200; });
  auto const back = g.add_condition([] { return true; });
  p.after(g.add([] {})).before(again);
  again.before(g.add([] {}), back);
  back.before(g.add([] {}), p);
  g.run(pool);
  for (int round = 0; round < 10; ++round) {
    ran = 0;
    faults::arm(kind::allocation, 1);
    g.run(pool);
    auto const [reached, wrong] = faults::disarm();
    CHECK_FALSE(reached);
    CHECK(ran == 200);
  }
}
