// SPDX-License-Identifier: MIT
// parallel_for over two and three dimensions: every index once, by tiles that are compact, and what throws.

#include <algorithm>
#include <atomic>
#include <beat.hpp>
#include <concepts>
#include <stop_token>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "random_inputs.hpp"
#include "stop_request.hpp"
#include "task/support.hpp"

namespace {

template <class F>
concept can_tile = requires(beat::ThreadPool& pool, F f) { beat::parallel_for(pool, {3, 4L}, f); };
static_assert(can_tile<void (*)(std::size_t, int)>);
static_assert(!can_tile<void (*)(std::size_t)>);
static_assert(!can_tile<void (*)(std::size_t, int, int)>);
static_assert(beat::extents{2, -3, 4U}[1] == 0);

}  // namespace

TEST_CASE("two dimensions: every index once", "[algorithm]") {
  CHECK(random_inputs::first_wrong([](beat::context where, beat::random& random, std::size_t size) {
          std::size_t const columns = 1 + random.below(100), rows = size / columns;
          std::vector<int> visits(rows * columns);
          beat::parallel_for(where, {rows, columns}, [&](std::size_t row, std::size_t column) {
            random_inputs::hand_over();
            ++visits[row * columns + column];
          });
          return std::ranges::count(visits, 1) == static_cast<std::ptrdiff_t>(visits.size());
        }) == "");
}

TEST_CASE("three dimensions: every index once", "[algorithm]") {
  CHECK(random_inputs::first_wrong([](beat::context where, beat::random& random, std::size_t size) {
          std::size_t const z = 1 + random.below(10), y = 1 + random.below(10), x = size / (y * z);
          std::vector<int> visits(x * y * z);
          beat::parallel_for(where, {x, y, z}, [&](std::size_t i, std::size_t j, std::size_t k) {
            random_inputs::hand_over();
            ++visits[(i * y + j) * z + k];
          });
          return std::ranges::count(visits, 1) == static_cast<std::ptrdiff_t>(visits.size());
        }) == "");
}

TEST_CASE("a space with an empty side has no index", "[algorithm]") {
  beat::ThreadPool& pool = random_inputs::pool_of<beat::ThreadPool>(2);
  int calls = 0;
  beat::parallel_for(pool, {0, 1'000'000'000'000}, [&](std::size_t, std::size_t) { ++calls; });
  beat::parallel_for(pool, {1'000'000'000'000, -1}, [&](std::size_t, std::size_t) { ++calls; });
  beat::parallel_for(pool, {5, 0U, 7}, [&](std::size_t, std::size_t, std::size_t) { ++calls; });
  CHECK(calls == 0);
}

TEST_CASE("a tile is halved along its longest side", "[algorithm]") {
  beat::detail::tile<3> lower{{0, 10, 0}, {4, 17, 6}};
  beat::detail::tile<3> const upper = lower.halve();
  CHECK(lower.last[1] == 14);
  CHECK(upper.first[1] == 14);
  CHECK(upper.last[1] == 17);
  CHECK(lower.size() + upper.size() == 4 * 7 * 6);
  CHECK(beat::detail::tile<2>{{0, 0}, {1UL << 40, 1UL << 40}}.size() == std::size_t(-1));
}

TEST_CASE("a square is not cut into rows", "[algorithm]") {
  beat::ThreadPool& pool = random_inputs::pool_of<beat::ThreadPool>(1);
  // On one worker the order shows the tiles: the second half of the first row comes after the first half of the others.
  std::vector<std::size_t> order;
  for (int round = 0; round < 2; ++round) {
    order.clear();
    beat::parallel_for(pool, {64, 65},
                       [&](std::size_t row, std::size_t column) { order.push_back(row * 65 + column); });
  }
  auto const position = [&](std::size_t row, std::size_t column) {
    return std::ranges::find(order, row * 65 + column) - order.begin();
  };
  CHECK(position(0, 64) > position(63, 0));
}

TEST_CASE("a loop over tiles that throws at any of its calls throws exactly that", "[algorithm]") {
  unsigned const workers = GENERATE(1U, 4U);
  auto& pool = random_inputs::pool_of<random_inputs::eager_pool>(workers);
  random_inputs::is_eager = true;
  long const blown = random_inputs::blow_each([&](random_inputs::fuse& fuse) {
    std::atomic<int> calls{0};
    beat::parallel_for(pool, {6, 8}, [&](std::size_t, std::size_t) {
      random_inputs::hand_over();
      fuse();
      ++calls;
    });
    if (calls != 48) throw calls.load();
  });
  random_inputs::is_eager = false;
  CHECK(blown == 48);
}

TEST_CASE("a loop over tiles can be stopped", "[algorithm]") {
  unsigned const workers = GENERATE(1U, 2U, 4U);
  beat::ThreadPool& pool = random_inputs::pool_of<beat::ThreadPool>(workers);
  algorithm_test::stop_request stop;
  std::error_code const code = task_test::error_of([&] {
    beat::parallel_for(pool, {1000, 1000},
                       [&](std::size_t row, std::size_t column) { stop.begin(row == 10 && column == 10); },
                       {.stop = stop.token()});
  });
  CHECK(code == beat::errc::cancelled);
  CHECK(stop.late() <= workers);  // those that had looked at the token already
}

TEST_CASE("tiles inside of tiles visit everything once", "[algorithm]") {
  beat::ThreadPool& pool = random_inputs::pool_of<beat::ThreadPool>(2);
  std::vector<std::atomic<int>> visits(16 * 16);
  struct quarters {
    static void visit(beat::ThreadPool& where, std::vector<std::atomic<int>>& all, std::size_t side, std::size_t x,
                      std::size_t y) {
      if (side == 1) return void(++all[x * 16 + y]);
      beat::parallel_for(where, {2, 2}, [&, side, x, y](std::size_t i, std::size_t j) {
        visit(where, all, side / 2, x + i * side / 2, y + j * side / 2);
      });
    }
  };
  quarters::visit(pool, visits, 16, 0, 0);
  CHECK(std::ranges::all_of(visits, [](std::atomic<int> const& n) { return n == 1; }));
}
