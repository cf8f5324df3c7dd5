// SPDX-License-Identifier: MIT
// The loop where it is called from its own body: every element once and in order, shared, errors, stop requests; and
// that nobody asks the clock there.

#include <algorithm>
#include <atomic>
#include <beat.hpp>
#include <chrono>
#include <ranges>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "catch.hpp"

namespace {

constexpr int children = 7;
constexpr int leaves = children * children * children * children;

/// Calls f(i) for each i in [first, first + size), by a loop inside of a loop of the same kind, four levels deep.
template <class F>
void visit(int first, int size, F const& f, beat::loop_options const& options = {}) {
  if (size == 1) return f(first);
  int const part = size / children;
  beat::parallel_for(beat::here(), 0, children, [&](int i) { visit(first + i * part, part, f, options); }, options);
}

/// The digits of all leaves, in order.
std::string spell(int first, int size) {
  if (size == 1) return std::to_string(first) + ' ';
  int const part = size / children;
  return beat::parallel_reduce(beat::here(), std::views::iota(0, children), std::string{}, std::plus<>{},
                               [=](int i) { return spell(first + i * part, part); });
}

struct sleeper {
  struct part {};
  int depth;

  void step(part&, std::size_t) {
    std::this_thread::sleep_for(std::chrono::microseconds{10});
    if (depth == 0) return;
    sleeper inner{depth - 1};
    part nothing;
    beat::detail::run_loop(beat::here().lane(), 4, inner, nothing, {});
  }
  void fold(part& nothing, std::size_t first, std::size_t last) {
    for (; first != last; ++first) step(nothing, first);
  }
  void merge(part&, part&&) noexcept {}
};

}  // namespace

TEST_CASE("a loop inside of its own body visits everything once", "[algorithm]") {
  unsigned const workers = GENERATE(1U, 2U, 4U);
  beat::ThreadPool pool{workers};
  for (int round = 0; round < 50; ++round) {
    std::vector<std::atomic<int>> seen(leaves);
    pool.run([&] { visit(0, leaves, [&](int i) { ++seen[static_cast<std::size_t>(i)]; }); });
    REQUIRE(std::all_of(seen.begin(), seen.end(), [](auto const& count) { return count == 1; }));
  }
}

TEST_CASE("a reduction inside of its own body keeps the order", "[algorithm]") {
  unsigned const workers = GENERATE(1U, 2U, 4U);
  beat::ThreadPool pool{workers};
  std::string expected;
  for (int i = 0; i < leaves; ++i) expected += std::to_string(i) + ' ';
  for (int round = 0; round < 50; ++round) REQUIRE(pool.run([] { return spell(0, leaves); }) == expected);
}

TEST_CASE("a loop inside of its own body is shared", "[algorithm]") {
  beat::ThreadPool pool{2};
  std::atomic<int> inside{0};
  std::atomic<int> met{0};
  auto const meet = [&](int) {  // both iterations have to be here at once
    ++inside;
    for (auto const end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
         inside < 2 && std::chrono::steady_clock::now() < end;)
      std::this_thread::yield();
    met += inside == 2;
  };
  auto const level = [&](auto const& self, int size) -> void {
    beat::parallel_for(beat::here(), 0, size, [&](int i) { size == 1 ? self(self, 2) : meet(i); });
  };
  pool.run([&] { level(level, 1); });
  CHECK(met == 2);
}

TEST_CASE("an exception from a loop inside of its own body arrives", "[algorithm]") {
  unsigned const workers = GENERATE(1U, 2U, 4U);
  beat::ThreadPool pool{workers};
  for (int round = 0; round < 50; ++round) {
    std::atomic<int> running{0};
    auto const body = [&](int i) {
      ++running;
      if (i == leaves / 2) {
        --running;
        throw std::runtime_error{"leaf"};
      }
      --running;
    };
    REQUIRE_THROWS_WITH(pool.run([&] { visit(0, leaves, body); }), "leaf");
    REQUIRE(running == 0);
    REQUIRE(pool.run([] { return beat::here().lane().loop == nullptr; }));
  }
}

TEST_CASE("a loop inside of its own body can be stopped", "[algorithm]") {
  unsigned const workers = GENERATE(1U, 4U);
  beat::ThreadPool pool{workers};
  std::stop_source stop;
  std::atomic<int> late{0};
  auto const body = [&](int i) {
    if (stop.stop_requested()) ++late;
    if (i == leaves / 2) stop.request_stop();
  };
  try {
    pool.run([&] { visit(0, leaves, body, {.stop = stop.get_token()}); });
    FAIL("it was not stopped");
  } catch (beat::error const& e) {
    CHECK(e.code() == beat::errc::cancelled);
  }
  CHECK(late <= static_cast<int>(workers));  // those that had looked at the token already
}

TEST_CASE("only the outermost of loops inside of their own body is timed", "[algorithm]") {
  beat::ThreadPool pool{1};
  std::size_t known_inside = 1;
  auto const& cost = beat::detail::loop_cost_of<sleeper>;
  REQUIRE(cost.grain() == 0);
  pool.run([&] {
    sleeper body{2};
    beat::detail::lane& l = beat::here().lane();
    sleeper::part nothing;
    l.loop = &cost;  // as inside of such a loop
    beat::detail::run_loop(l, 4, body, nothing, {});
    known_inside = cost.grain();
    l.loop = nullptr;
    beat::detail::run_loop(l, 4, body, nothing, {});
  });
  CHECK(known_inside == 0);
  CHECK(cost.grain() == 1);
}
