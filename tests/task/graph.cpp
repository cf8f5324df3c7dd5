// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <atomic>
#include <beat.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "build_kind.hpp"
#include "catch.hpp"
#include "support.hpp"

namespace {

using namespace task_test;

/// Whether the nodes of a random graph, in which edges go from lower numbers to higher ones, run in order.
class graph_checked_order {
 public:
  graph_checked_order(std::size_t nodes, std::size_t edges, std::uint32_t seed)
      : before_(nodes), runs_{std::make_unique<std::atomic<int>[]>(nodes)} {
    std::mt19937 dice{seed};
    std::vector<beat::graph_node> handles;
    for (std::size_t i = 0; i < nodes; ++i) handles.push_back(graph.add([this, i] { run(i); }));
    for (std::size_t i = 0; i < edges && nodes > 1; ++i) {
      std::size_t a = dice() % nodes, b = dice() % nodes;
      if (a == b) continue;
      if (a > b) std::swap(a, b);
      if (i % 2 == 0)
        handles[a].before(handles[b]);
      else
        handles[b].after(handles[a]);
      before_[b].push_back(a);
    }
  }

  /// Whether each node ran `times` times, and none before those that it is after.
  bool holds(int times) const {
    bool all = !is_wrong_;
    for (std::size_t i = 0; i < before_.size(); ++i) all = all && runs_[i] == times;
    return all;
  }

  beat::graph graph;

 private:
  void run(std::size_t i) {
    int const round = ++runs_[i];
    for (std::size_t const p : before_[i])
      if (runs_[p] < round) is_wrong_ = true;
  }

  std::vector<std::vector<std::size_t>> before_;
  std::unique_ptr<std::atomic<int>[]> const runs_;
  std::atomic<bool> is_wrong_{false};
};

}  // namespace

TEST_CASE("the nodes of a graph run once each and in the order of their dependencies", "[unit]") {
  beat::ThreadPool pools[] = {beat::ThreadPool{1}, beat::ThreadPool{2}, beat::ThreadPool{4}, beat::ThreadPool{64}};
  std::uint32_t seed = 0;
  bool all = true;
  for (std::size_t const nodes : {0U, 1U, 2U, 3U, 10U, 63U, 300U}) {
    for (int density = 0; density < 4; ++density) {
      graph_checked_order tried{nodes, nodes * static_cast<std::size_t>(density), ++seed};
      int runs = 0;
      for (beat::ThreadPool& pool : pools) {
        for (int i = 0; i < 3; ++i, ++runs) tried.graph.run(pool);
        pool.run([&](beat::context here) { tried.graph.run(here); });
        ++runs;
      }
      tried.graph.run(beat::here());  // outside of pools
      all = all && tried.holds(runs + 1) && tried.graph.cancelled() == 0;
    }
  }
  CHECK(all);
}

TEST_CASE("a long chain of nodes does not grow the stack", "[unit]") {
  beat::ThreadPool pool{2};
  beat::graph g;
  constexpr int length = 100'000;
  int count = 0;
  beat::graph_node last;
  for (int i = 0; i < length; ++i) {
    beat::graph_node const n = g.add([&] { ++count; });
    if (i != 0) n.after(last);
    last = n;
  }
  g.run(pool);
  g.run(beat::here());
  CHECK(count == 2 * length);
}

TEST_CASE("a graph runs again and may be changed in between", "[unit]") {
  beat::ThreadPool pool{1};
  std::atomic<int> ran{0};
  beat::graph g;
  auto const [a, b, c, d] = g.add([&] { ++ran; }, [&](beat::context) { ++ran; }, [&] { return ++ran; }, [&] { ++ran; });
  a.before(b, c);
  d.after(b, c);
  for (int i = 0; i < 100; ++i) g.run(pool);
  CHECK(ran == 400);
  beat::graph_node const e = g.add([&] { ran += 10; });  // it may be changed in between
  e.after(d);
  g.run(pool);
  CHECK(ran == 414);
}

TEST_CASE("a cycle of nodes is an error that names the path", "[unit]") {
  beat::ThreadPool pool{2};
  beat::graph g{"bad"};
  auto const [a, b, c, tail] = g.add([] {}, [] {}, [] {}, [] {});
  a.name("a").before(b);
  b.name("b").before(c, tail);
  tail.name("tail");
  c.before(a);
  std::string const text = message_of([&] { g.run(pool); });
  INFO(text);
  CHECK((text.find("'a -> b -> #2 -> a'") != std::string::npos ||
         text.find("'b -> #2 -> a -> b'") != std::string::npos ||
         text.find("'#2 -> a -> b -> #2'") != std::string::npos));
  CHECK(error_of([&] { g.check(); }) == beat::errc::invalid_argument);

  beat::graph self;
  beat::graph_node const n = self.add([] {});
  n.name("n").after(n);
  CHECK(message_of([&] { self.check(); }).find("'n -> n'") != std::string::npos);

  beat::graph inner;
  beat::graph_node const m = inner.add([] {});
  m.name("m").after(m);
  beat::graph outer;
  outer.add(std::move(inner));
  CHECK(message_of([&] { outer.run(pool); }).find("'m -> m'") != std::string::npos);

  beat::graph large;
  beat::graph_node const first = large.add([] {});
  beat::graph_node last = first;
  for (int i = 0; i < 1000; ++i) {
    beat::graph_node const next = large.add([] {});
    next.after(last);
    last = next;
  }
  first.after(last);
  std::string const path = message_of([&] { large.check(); });
  CHECK(path.find(" -> ... -> ") != std::string::npos);
  CHECK(path.size() < 1000);
}

TEST_CASE("handles that refer to no node or to one of another graph are errors", "[unit]") {
  beat::graph one, other;
  beat::graph_node const a = one.add([] {});
  beat::graph_node const b = other.add([] {});
  CHECK(error_of([&] { a.before(b); }) == beat::errc::invalid_argument);
  CHECK(error_of([&] { a.after(b); }) == beat::errc::invalid_argument);
  CHECK(error_of([&] { beat::graph_node{}.before(a); }) == beat::errc::no_state);
  CHECK(error_of([&] { a.before(beat::graph_node{}); }) == beat::errc::no_state);
  other.clear();
  CHECK(other.empty());
  CHECK(error_of([&] { b.name("gone"); }) == beat::errc::no_state);
  {
    one = beat::graph{};
  }
  CHECK(error_of([&] { static_cast<void>(a.name()); }) == beat::errc::no_state);
}

TEST_CASE("the first exception of a node arrives and what comes after it is cancelled", "[unit]") {
  unsigned const workers = GENERATE(1U, 2U, 4U);
  beat::ThreadPool pool{workers};
  constexpr int length = 20;
  int fails_at = 0;
  std::vector<int> runs(length);
  beat::graph g;
  beat::graph_node last;
  for (int i = 0; i < length; ++i) {
    beat::graph_node const n = g.add([&, i] {
      ++runs[static_cast<std::size_t>(i)];
      if (i == fails_at) throw std::runtime_error{"node " + std::to_string(i)};
    });
    if (i != 0) n.after(last);
    last = n;
  }
  bool all = true;
  for (fails_at = 0; fails_at < length; ++fails_at) {  // each place in turn
    beat::pool_stats const before = pool.stats();
    all = all && message_of([&] { g.run(pool); }) == "node " + std::to_string(fails_at);
    all = all && g.cancelled() == static_cast<std::size_t>(length - 1 - fails_at);
    pool.wait();
    beat::pool_stats const did = pool.stats() - before;
    all = all && did.submitted == length && did.failed == 1 && did.cancelled == g.cancelled() &&
          did.completed == static_cast<std::uint64_t>(fails_at);
  }
  CHECK(all);
  g.run(pool);  // fails nowhere
  CHECK(g.cancelled() == 0);
  bool right = true;
  for (int i = 0; i < length; ++i) right = right && runs[static_cast<std::size_t>(i)] == length - i + 1;
  CHECK(right);
}

TEST_CASE("of many nodes that throw at once one exception arrives", "[unit]") {
  beat::ThreadPool pool{4};
  beat::graph g;
  std::atomic<int> begun{0};
  for (int i = 0; i < 200; ++i)
    g.add([&] {
      ++begun;
      throw std::runtime_error{"bad node"};
    });
  for (int i = 0; i < 20; ++i) {
    begun = 0;
    CHECK(message_of([&] { g.run(pool); }) == "bad node");
    CHECK(g.cancelled() == 200U - static_cast<unsigned>(begun));
  }
  CHECK(message_of([&] { g.run(beat::here()); }) == "bad node");
  CHECK(g.cancelled() == 199);
}

TEST_CASE("a stop token cancels the nodes of a graph that have not begun", "[unit]") {
  beat::ThreadPool pool{2};
  std::stop_source stop;
  int late = 0;
  beat::graph g;
  auto const [a, b] = g.add([&] { stop.request_stop(); }, [&] { ++late; });
  a.before(b);
  CHECK(error_of([&] { g.run(pool, stop.get_token()); }) == beat::errc::cancelled);
  CHECK(late == 0);
  CHECK(g.cancelled() == 1);
  CHECK(error_of([&] { g.run(pool, stop.get_token()); }) == beat::errc::cancelled);
  CHECK(g.cancelled() == 2);
  g.run(pool);
  CHECK(late == 1);

  beat::graph last;  // whose last node asks for it: nothing is left
  std::stop_source late_stop;
  last.add([&] { late_stop.request_stop(); });
  last.run(pool, late_stop.get_token());
  CHECK(last.cancelled() == 0);
}

TEST_CASE("a condition chooses who goes on and may lead back", "[unit]") {
  unsigned const workers = GENERATE(1U, 4U);
  beat::ThreadPool pool{workers};
  int turns = 0, ends = 0, never = 0;
  beat::graph g;
  beat::graph_node const first = g.add([&] { turns = 0; });
  beat::graph_node const body = g.add([&] { ++turns; });
  beat::graph_node const again = g.add_condition([&] { return turns < 1000 ? 0 : 1; });
  beat::graph_node const end = g.add([&] { ++ends; });
  beat::graph_node const other = g.add([&] { ++never; });
  first.before(body);
  body.before(again);
  again.before(body, end, other);
  for (int round = 1; round <= 3; ++round) {
    beat::pool_stats const before = pool.stats();
    g.run(pool);
    CHECK(turns == 1000);
    CHECK(ends == round);
    CHECK(g.cancelled() == 1);
    pool.wait();
    beat::pool_stats const did = pool.stats() - before;
    CHECK(did.completed == 2002);
    CHECK(did.submitted == did.completed + did.cancelled);
  }
  g.run(beat::here());
  CHECK(never == 0);
}

TEST_CASE("a condition chooses by handle or by a bool or several or none", "[unit]") {
  beat::ThreadPool pool{2};
  std::atomic<int> a{0}, b{0}, c{0};
  beat::graph g;
  auto const [na, nb, nc] = g.add([&] { ++a; }, [&] { ++b; }, [&] { ++c; });
  int what = 0;
  auto const by_bool = g.add_condition([&] { return what == 1; });
  auto const by_handle = g.add_condition([&, target = nc] { return target; });
  auto const by_range = g.add_condition([&] { return std::array{0, 2, 7}; });
  beat::graph_node const start = g.add_condition([&] { return what; });
  by_bool.before(na, nb);
  by_handle.before(nb, nc);
  by_range.before(na, nb, nc);
  start.before(by_bool, by_bool, by_handle, by_range);
  auto const run = [&](int choice) {
    what = choice;
    a = b = c = 0;
    g.run(pool);
    return std::array{a.load(), b.load(), c.load()};
  };
  CHECK(run(0) == std::array{1, 0, 0});
  CHECK(run(1) == std::array{0, 1, 0});
  CHECK(run(2) == std::array{0, 0, 1});
  CHECK(run(3) == std::array{1, 0, 1});
  CHECK(run(-1) == std::array{0, 0, 0});

  beat::graph bad;
  beat::graph_node const chosen = bad.add_condition([&] { return na; });
  chosen.name("chooser");
  CHECK(message_of([&] { bad.run(pool); }).find("'chooser'") != std::string::npos);
}

TEST_CASE("a graph whose nodes are all after conditions has none to begin with", "[unit]") {
  beat::ThreadPool pool{1};
  beat::graph g;
  beat::graph_node const c = g.add_condition([] { return 0; });
  c.name("loop").after(c);
  CHECK(message_of([&] { g.run(pool); }).find("'loop'") != std::string::npos);
}

TEST_CASE("two paths that lead to one node at a time are an error", "[unit]") {
  unsigned const workers = GENERATE(1U, 4U);
  beat::ThreadPool pool{workers};
  beat::graph g;
  auto const split = g.add_condition([] { return std::array{0, 0}; });
  beat::graph_node const twice = g.add([] {});
  twice.name("twice").after(split);
  CHECK(message_of([&] { g.run(pool); }).find("'twice'") != std::string::npos);
  CHECK(message_of([&] { g.run(pool); }).find("'twice'") != std::string::npos);
}

TEST_CASE("a graph is a node of another graph", "[unit]") {
  unsigned const workers = GENERATE(1U, 2U, 4U);
  beat::ThreadPool pool{workers};
  std::atomic<int> inside{0};
  std::atomic<bool> is_wrong{false};
  int rounds = 0;
  beat::graph innermost{"innermost"};
  auto const again = innermost.add_condition([&] { return inside % 10 != 0 ? 0 : 1; });
  beat::graph_node const work = innermost.add([&] { ++inside; });
  beat::graph_node const begin = innermost.add([&] { ++inside; });
  begin.before(work);
  work.before(again);
  again.before(work);
  beat::graph middle{"middle"};
  for (int i = 0; i < 20; ++i) middle.add([] {});
  middle.add(std::move(innermost)).after(middle.add([] {}));
  middle.add(beat::graph{"nothing"});
  beat::graph outer;
  auto const first = outer.add([&] { inside = 0; });
  auto const part = outer.add(std::move(middle));
  auto const last = outer.add([&] {
    if (inside != 10) is_wrong = true;
    ++rounds;
  });
  CHECK(part.name() == "middle");
  part.after(first).before(last);
  for (int i = 0; i < 50; ++i) outer.run(pool);
  outer.run(beat::here());
  CHECK(!is_wrong);
  CHECK(rounds == 51);
  CHECK(outer.cancelled() == 0);
  work.before(outer.size() == 3 ? work : begin);  // handles into a part are valid, and what they change is checked
  CHECK(error_of([&] { outer.run(pool); }) == beat::errc::invalid_argument);
}

TEST_CASE("a node that throws in a part stops the whole graph", "[unit]") {
  beat::ThreadPool pool{2};
  bool throws = true;
  int ran = 0;
  beat::graph part;
  auto const [a, b] = part.add(
      [&] {
        if (throws) throw std::runtime_error{"inside"};
      },
      [&] { ++ran; });
  a.before(b);
  beat::graph outer;
  outer.add(std::move(part)).before(outer.add([&] { ++ran; }));
  CHECK(message_of([&] { outer.run(pool); }) == "inside");
  CHECK(ran == 0);
  CHECK(outer.cancelled() == 2);
  throws = false;
  outer.run(pool);
  CHECK(ran == 2);
}

TEST_CASE("a graph that runs can't be changed or run by its nodes", "[unit]") {
  beat::ThreadPool pool{2};
  beat::graph g;
  std::vector<std::error_code> errors;
  beat::graph_node n;
  n = g.add([&] {
    errors.push_back(error_of([&] { g.run(pool); }));
    errors.push_back(error_of([&] { g.add([] {}); }));
    errors.push_back(error_of([&] { n.before(n); }));
    errors.push_back(error_of([&] { g.clear(); }));
    beat::graph own;
    int ran = 0;
    own.add([&] { ++ran; });
    own.run(pool);  // another one may run
    if (ran != 1) errors.clear();
  });
  g.run(pool);
  CHECK(errors == std::vector<std::error_code>(4, beat::errc::invalid_argument));
}

TEST_CASE("a lock may be held while a graph runs", "[unit]") {
  beat::ThreadPool pool{2};
  std::mutex lock;  // which unrelated tasks want as well
  std::atomic<int> ran{0};
  for (int round = 0; round < 50; ++round) {
    for (int i = 0; i < 4; ++i) {
      pool.post([&] {
        std::lock_guard const hold{lock};
        beat::graph g;
        auto const [a, b, c] = g.add([&] { ++ran; }, [&] { ++ran; }, [&] { ++ran; });
        a.before(b, c);
        g.run(beat::here());
      });
    }
  }
  pool.wait();
  CHECK(ran == 600);
}

TEST_CASE("nodes fork and wait inside of a graph", "[unit]") {
  beat::ThreadPool pool{4};
  std::atomic<int> sum{0};
  beat::graph g;
  for (int i = 0; i < 50; ++i) g.add([&] { beat::parallel_for(beat::here(), 0, 100, [&](int) { ++sum; }); });
  g.run(pool);
  CHECK(sum == 5000);
}

TEST_CASE("a pool that stops cancels a graph that runs", "[unit]") {
  beat::ThreadPool pool{1};
  std::atomic<bool> begun{false}, go_on{false};
  beat::graph g;
  auto const [a, b] = g.add(
      [&] {
        begun = true;
        wait_for(go_on);
      },
      [] {});
  a.before(b);
  std::error_code ended;
  std::thread runner{[&] { ended = error_of([&] { g.run(pool); }); }};
  CHECK(wait_for(begun));
  std::thread stopper{[&] { pool.shutdown(beat::shutdown_mode::stop); }};
  for (bool is_open = true; is_open;) {
    is_open = pool.try_post([] {}).has_value();
    std::this_thread::yield();
  }
  go_on = true;
  runner.join();
  stopper.join();
  CHECK(ended == beat::errc::cancelled);
  CHECK(error_of([&] { g.run(pool); }) == beat::errc::pool_shutdown);
}

TEST_CASE("what the nodes of a graph hold is destroyed with it", "[unit]") {
  {
    beat::graph g;
    g.add([c = counted{1}] { static_cast<void>(c); });
    beat::graph part;
    part.add([c = counted{2}] { static_cast<void>(c); });
    g.add(std::move(part));
    beat::graph const moved{std::move(g)};
    CHECK(counted::live == 2);
  }
  CHECK(counted::live == 0);
}

TEST_CASE("a graph becomes text for Graphviz", "[unit]") {
  beat::graph part{"part"};
  part.add([] {}).name("x");
  beat::graph g{"a \"graph\""};
  auto const a = g.add([] {}).name("a\\b");
  auto const c = g.add_condition([] { return 0; });
  auto const p = g.add(std::move(part));
  a.before(c);
  c.before(a, p);
  CHECK(g.to_dot() ==
        "digraph \"a \\\"graph\\\"\" {\n"
        "  n0 [label=\"a\\\\b\"];\n"
        "  n1 [label=\"#1\" shape=diamond];\n"
        "  subgraph cluster_n2 {\n"
        "  label=\"part\";\n"
        "  n2 [shape=point];\n"
        "  n2_0 [label=\"x\"];\n"
        "  }\n"
        "  n0 -> n1;\n"
        "  n1 -> n0 [style=dashed label=0];\n"
        "  n1 -> n2 [style=dashed label=1];\n"
        "}\n");
}
