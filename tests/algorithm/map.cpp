// SPDX-License-Identifier: MIT
// parallel_map: into a range and into a vector, for results of every kind.

#include <array>
#include <beat.hpp>
#include <deque>
#include <memory>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "catch.hpp"
#include "support.hpp"

namespace {

using algorithm_test::error_of;

std::vector<int> numbers(std::size_t size) {
  std::vector<int> result(size);
  std::iota(result.begin(), result.end(), 0);
  return result;
}

/// A result without default constructor or assignment; counts who is alive.
class unassignable {
 public:
  explicit unassignable(int value) : value_{value} { ++alive; }
  unassignable(unassignable&& other) noexcept : value_{other.value_} { ++alive; }
  unassignable& operator=(unassignable&&) = delete;
  ~unassignable() { --alive; }
  int value() const { return value_; }
  static inline std::atomic<int> alive{0};

 private:
  int value_;
};

template <class Input, class Output, class F>
concept can_map =
    requires(beat::ThreadPool& pool, Input& in, Output& out, F f) { beat::parallel_map(pool, in, out, f); };

static_assert(can_map<std::vector<int>, std::vector<long>, int (*)(int)>);
static_assert(!can_map<std::vector<int>, std::vector<std::string>, int* (*)(int)>);
static_assert(!can_map<std::vector<int>, std::vector<int> const, int (*)(int)>);
static_assert(!can_map<std::vector<int>, std::vector<int>, void (*)(int)>);
static_assert(std::is_same_v<beat::mapped_t<int const& (*)(int), std::vector<int>>, int>);

}  // namespace

TEST_CASE("parallel_map writes each result to its place", "[algorithm]") {
  unsigned const workers = GENERATE(1U, 2U, 4U);
  std::size_t const size = GENERATE(0U, 1U, 2U, 7U, 1000U, 50'001U);
  beat::ThreadPool pool{workers};
  auto const input = numbers(size);
  std::vector<long> output(size, -1);
  beat::parallel_map(pool, input, output, [](int n) { return 2L * n; });
  bool right = true;
  for (std::size_t i = 0; i < size; ++i) right = right && output[i] == 2L * input[i];
  CHECK(right);
  CHECK(beat::parallel_map(pool, input, [](int n) { return 2L * n; }) == output);
  CHECK(pool.run([&] { return beat::parallel_map(beat::here(), input, [](int n) { return 2L * n; }); }) == output);
}

TEST_CASE("parallel_map may write over its input", "[algorithm]") {
  beat::ThreadPool pool{2};
  auto values = numbers(10'000);
  beat::parallel_map(pool, values, values, [](int n) { return n + 1; });
  CHECK(values.front() == 1);
  CHECK(std::accumulate(values.begin(), values.end(), 0L) == 10'000L * 10'001 / 2);
}

TEST_CASE("parallel_map writes to any range that can be cut", "[algorithm]") {
  beat::ThreadPool pool{2};
  auto const input = numbers(100);
  std::deque<int> deque(100);
  std::array<int, 100> array{};
  std::vector<int> vector(200);
  auto const negate = [](int n) { return -n; };
  beat::parallel_map(pool, input, deque, negate);
  beat::parallel_map(pool, input, array, negate);
  beat::parallel_map(pool, input, std::span{vector}.last(100), negate);
  CHECK(deque.back() == -99);
  CHECK(array.back() == -99);
  CHECK(vector[100] == 0);
  CHECK(vector[199] == -99);
}

TEST_CASE("parallel_map refuses an output of another size", "[algorithm]") {
  beat::ThreadPool pool{2};
  auto const input = numbers(10);
  std::vector<int> output(9, -1);
  auto const map = [&] { beat::parallel_map(pool, input, output, [](int n) { return n; }); };
  CHECK(error_of(map) == beat::errc::size_mismatch);
  CHECK(output == std::vector<int>(9, -1));
}

TEST_CASE("parallel_map makes a vector of whatever can be moved", "[algorithm]") {
  unsigned const workers = GENERATE(1U, 2U, 4U);
  beat::ThreadPool pool{workers};
  auto const input = numbers(2000);
  SECTION("without a default constructor") {
    {
      auto const made = beat::parallel_map(pool, input, [](int n) { return unassignable{n}; });
      REQUIRE(made.size() == 2000);
      CHECK(made[0].value() == 0);
      CHECK(made[1999].value() == 1999);
      CHECK(unassignable::alive == 2000);
    }
    CHECK(unassignable::alive == 0);
  }
  SECTION("that can not be copied") {
    auto const made = beat::parallel_map(pool, input, [](int n) { return std::make_unique<int>(n); });
    bool right = true;
    for (std::size_t i = 0; i < made.size(); ++i) right = right && *made[i] == input[i];
    CHECK(right);
  }
  SECTION("bool, which a vector packs") {
    std::vector<bool> const made = beat::parallel_map(pool, input, [](int n) { return n % 3 == 0; });
    bool right = made.size() == input.size();
    for (std::size_t i = 0; i < made.size(); ++i) right = right && made[i] == (input[i] % 3 == 0);
    CHECK(right);
  }
  SECTION("a reference becomes a value") {
    std::vector<std::string> const words{"a", "b"};
    auto const made = beat::parallel_map(pool, input, [&](int n) -> std::string const& { return words[n % 2 == 1]; });
    static_assert(std::is_same_v<decltype(made), std::vector<std::string> const>);
    CHECK(made[1998] == "a");
    CHECK(made[1999] == "b");
  }
  SECTION("members of elements") {
    struct item {
      int key = 5;
    };
    CHECK(beat::parallel_map(pool, std::vector<item>(3), &item::key) == std::vector{5, 5, 5});
  }
}

TEST_CASE("a map that throws leaves nothing behind", "[algorithm]") {
  unsigned const workers = GENERATE(1U, 2U, 4U);
  int const bad = GENERATE(0, 700, 1999);
  beat::ThreadPool pool{workers};
  auto const input = numbers(2000);
  for (int round = 0; round < 20; ++round) {
    int caught = -1;
    try {
      static_cast<void>(beat::parallel_map(pool, input, [&](int n) {
        if (n == bad) throw n;
        return unassignable{n};
      }));
    } catch (int n) {
      caught = n;
    }
    REQUIRE(caught == bad);
    REQUIRE(unassignable::alive == 0);
  }
}

TEST_CASE("a map can be stopped", "[algorithm]") {
  beat::ThreadPool pool{2};
  auto const input = numbers(100'000);
  std::stop_source stop;
  auto const map = [&] {
    static_cast<void>(beat::parallel_map(pool, input,
                                         [&](int n) {
                                           if (n == 50) stop.request_stop();
                                           return unassignable{n};
                                         },
                                         {.stop = stop.get_token()}));
  };
  CHECK(error_of(map) == beat::errc::cancelled);
  CHECK(unassignable::alive == 0);
}
