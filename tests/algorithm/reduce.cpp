// SPDX-License-Identifier: MIT
// parallel_reduce: order, projection, the initial value, and what throws.

#include <atomic>
#include <beat.hpp>
#include <chrono>
#include <cmath>
#include <memory>
#include <numeric>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "catch.hpp"

namespace {

template <class Range, class T, class Op>
concept can_reduce =
    requires(beat::ThreadPool& pool, Range& range, T init, Op op) { beat::parallel_reduce(pool, range, init, op); };

static_assert(can_reduce<std::vector<int>, long, std::plus<>>);
static_assert(!can_reduce<std::vector<int>, std::string, std::plus<>>);
static_assert(!can_reduce<std::vector<int>, int, int>);

/// Only to be moved; adds up.
struct box {
  explicit box(int n) : content{std::make_unique<int>(n)} {}
  std::unique_ptr<int> content;
  friend box operator+(box a, box b) {
    *a.content += *b.content;
    return a;
  }
};

/// Counts who is alive.
struct summand {
  explicit summand(int n) : value{n} { ++alive; }
  summand(summand const& other) : value{other.value} { ++alive; }
  summand& operator=(summand const&) = default;
  ~summand() { --alive; }
  int value;
  static inline std::atomic<int> alive{0};
};

}  // namespace

TEST_CASE("parallel_reduce adds up", "[algorithm]") {
  unsigned const workers = GENERATE(1U, 2U, 4U);
  long const size = GENERATE(0L, 1L, 2L, 3L, 7L, 1000L, 1'000'003L);
  beat::ThreadPool pool{workers};
  auto const numbers = std::views::iota(0L, size);
  CHECK(beat::parallel_reduce(pool, numbers, 10L) == 10 + size * (size - 1) / 2);
  CHECK(pool.run([&] { return beat::parallel_reduce(beat::here(), numbers, 10L); }) == 10 + size * (size - 1) / 2);
  CHECK(beat::parallel_reduce(beat::here(), numbers, 10L) == 10 + size * (size - 1) / 2);
}

TEST_CASE("parallel_reduce keeps the order of the elements", "[algorithm]") {
  unsigned const workers = GENERATE(1U, 2U, 4U);
  beat::ThreadPool pool{workers};
  std::string expected = "<";
  for (int i = 0; i < 20'000; ++i) expected += std::to_string(i) + ",";
  auto const stolen = [&] { return pool.stats().jobs_stolen; };
  for (int round = 0; round < 10 || (workers > 1 && stolen() == 0 && round < 2000); ++round) {  // a thief may be late
    std::string const joined = beat::parallel_reduce(pool, std::views::iota(0, 20'000), std::string{"<"}, std::plus<>{},
                                                     [](int i) { return std::to_string(i) + ","; });
    REQUIRE(joined == expected);
  }
  if (workers > 1) CHECK(stolen() > 0);
}

TEST_CASE("parallel_reduce projects elements and uses the initial value once", "[algorithm]") {
  beat::ThreadPool pool{2};
  struct item {
    int weight = 2;
  };
  std::vector<item> const items(5000);
  CHECK(beat::parallel_reduce(pool, items, 1, std::plus<>{}, &item::weight) == 10'001);
  CHECK(beat::parallel_reduce(pool, items, 7, [](int a, int b) { return std::max(a, b); }, &item::weight) == 7);
  CHECK(beat::parallel_reduce(pool, std::vector<item>{}, 7, std::plus<>{}, &item::weight) == 7);
}

TEST_CASE("parallel_reduce moves what can not be copied", "[algorithm]") {
  unsigned const workers = GENERATE(1U, 2U, 4U);
  beat::ThreadPool pool{workers};
  box const sum =
      beat::parallel_reduce(pool, std::views::iota(0, 5000), box{1}, std::plus<>{}, [](int i) { return box{i}; });
  CHECK(*sum.content == 1 + 5000 * 4999 / 2);
}

TEST_CASE("parallel_reduce of floating point is close to the serial sum", "[algorithm]") {
  beat::ThreadPool pool{2};
  std::vector<double> values(100'000);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = 1.0 / static_cast<double>(i + 1);
  double const serial = std::accumulate(values.begin(), values.end(), 0.0);
  CHECK(std::abs(beat::parallel_reduce(pool, values, 0.0) - serial) < 1e-9);
}

TEST_CASE("a reduction that throws leaves nothing behind", "[algorithm]") {
  unsigned const workers = GENERATE(1U, 2U, 4U);
  bool const from_projection = GENERATE(true, false);
  int const bad = GENERATE(1, 500, 1999);
  beat::ThreadPool pool{workers};
  for (int round = 0; round < 20; ++round) {
    std::optional<int> caught;
    try {
      static_cast<void>(beat::parallel_reduce(
          pool, std::views::iota(0, 2000), summand{0},
          [&](summand const& a, summand const& b) {
            if (!from_projection && (b.value == bad || a.value == bad)) throw bad;
            return b;
          },
          [&](int i) {
            if (from_projection && i == bad) throw bad;
            return summand{i};
          }));
    } catch (int i) {
      caught = i;
    }
    REQUIRE(caught == bad);
    REQUIRE(summand::alive == 0);
  }
}

TEST_CASE("an operation that throws once a part was taken waits for whoever took it", "[algorithm]") {
  beat::ThreadPool pool{2};
  std::atomic<bool> begun{false}, ended{false};
  auto const projection = [&](int i) {
    if (i == 1) {
      begun = true;
      std::this_thread::sleep_for(std::chrono::milliseconds{50});
      ended = true;
    }
    for (auto const end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
         !begun && std::chrono::steady_clock::now() < end;)
      std::this_thread::yield();
    return i;
  };
  auto const op = [](int, int) -> int { throw std::runtime_error{"operation"}; };
  pool.run([&](beat::context where) {
    CHECK_THROWS_WITH(beat::parallel_reduce(where, std::views::iota(0, 2), 0, op, projection), "operation");
    CHECK(ended);
  });
}

TEST_CASE("a reduction can be stopped", "[algorithm]") {
  beat::ThreadPool pool{2};
  std::stop_source stop;
  std::error_code code;
  try {
    static_cast<void>(beat::parallel_reduce(pool, std::views::iota(0, 1'000'000), 0L, std::plus<>{},
                                            [&](int i) {
                                              if (i == 1000) stop.request_stop();
                                              return i;
                                            },
                                            {.stop = stop.get_token()}));
  } catch (beat::error const& e) {
    code = e.code();
  }
  CHECK(code == beat::errc::cancelled);
}
