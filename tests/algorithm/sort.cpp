// SPDX-License-Identifier: MIT
// parallel_sort: the order, whatever came in; what is moved; how many comparisons; what throws.

#include <algorithm>
#include <atomic>
#include <beat.hpp>
#include <cmath>
#include <deque>
#include <functional>
#include <limits>
#include <list>
#include <memory>
#include <numeric>
#include <random>
#include <span>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "build_kind.hpp"
#include "catch.hpp"

namespace {

template <class Range, class Compare, class Projection>
concept can_sort = requires(beat::ThreadPool& pool, Range& range, Compare compare, Projection projection) {
  beat::parallel_sort(pool, range, compare, projection);
};

struct item {
  int key = 0;
  std::string name;
};

static_assert(can_sort<std::vector<int>, std::greater<>, std::identity>);
static_assert(can_sort<std::vector<item>, std::less<>, int item::*>);
static_assert(!can_sort<std::vector<item>, std::less<>, std::identity>);
static_assert(!can_sort<std::vector<int> const, std::less<>, std::identity>);
static_assert(!can_sort<std::list<int>, std::less<>, std::identity>);

/// Numbers of a kind that some quicksorts are bad at.
std::vector<int> make_numbers(std::string const& kind, std::size_t size) {
  std::vector<int> numbers(size);
  std::iota(numbers.begin(), numbers.end(), 0);
  auto const half = static_cast<int>(size / 2);
  if (kind == "reversed") std::reverse(numbers.begin(), numbers.end());
  if (kind == "equal") std::fill(numbers.begin(), numbers.end(), 7);
  for (int& n : numbers) {
    if (kind == "two values") n %= 2;
    if (kind == "few values") n = n % 100 * 37 % 100;
    if (kind == "organ pipe" && n > half) n = 2 * half - n;
  }
  if (kind == "random") std::shuffle(numbers.begin(), numbers.end(), std::mt19937{1});
  return numbers;
}

/// How many of the numbers 0, 1, 2, ... are no longer there.
std::size_t lost(std::vector<int> numbers) {
  std::sort(numbers.begin(), numbers.end());
  return numbers.size() - static_cast<std::size_t>(std::unique(numbers.begin(), numbers.end()) - numbers.begin());
}

}  // namespace

TEST_CASE("parallel_sort sorts whatever it gets", "[algorithm]") {
  unsigned const workers = GENERATE(1U, 2U, 4U);
  std::size_t const size =
      GENERATE(0U, 1U, 2U, 3U, 15U, 16U, 17U, 18U, 40U, 1000U, build_kind::is_sanitized ? 60'000U : 300'000U);
  std::string const kind = GENERATE("random", "sorted", "reversed", "equal", "two values", "few values", "organ pipe");
  CAPTURE(workers, size, kind);
  beat::ThreadPool pool{workers};
  std::vector<int> const numbers = make_numbers(kind, size);
  std::vector<int> expected = numbers;
  std::sort(expected.begin(), expected.end());

  std::vector<int> actual = numbers;  // without branches
  beat::parallel_sort(pool, actual);
  CHECK(actual == expected);

  actual = numbers;  // with branches
  beat::parallel_sort(pool, actual, [](int a, int b) { return a < b; });
  CHECK(actual == expected);

  actual = numbers;
  pool.run([&](beat::context where) { beat::parallel_sort(where, actual, std::greater<>{}); });
  std::reverse(expected.begin(), expected.end());
  CHECK(actual == expected);
}

TEST_CASE("parallel_sort is shared", "[algorithm]") {
  beat::ThreadPool pool{4};
  std::vector<int> const numbers = make_numbers("random", 1'000'000);
  for (int round = 0; round < 200 && pool.stats().jobs_stolen == 0; ++round) {  // a thief may be late
    std::vector<int> copy = numbers;
    beat::parallel_sort(pool, copy);
    REQUIRE(std::is_sorted(copy.begin(), copy.end()));
  }
  CHECK(pool.stats().jobs_stolen > 0);
}

TEST_CASE("parallel_sort sorts by a projection, and elements that can only be moved", "[algorithm]") {
  beat::ThreadPool pool{2};
  std::vector<int> const keys = make_numbers("random", 50'000);
  std::vector<std::unique_ptr<item>> items;
  for (int const key : keys) items.push_back(std::make_unique<item>(item{key, std::to_string(key)}));
  beat::parallel_sort(pool, items, std::less<>{}, [](std::unique_ptr<item> const& i) { return i->key; });
  for (std::size_t i = 0; i < items.size(); ++i) REQUIRE(items[i]->name == std::to_string(i));

  struct pair {
    int key;
    float value;
  };
  std::vector<pair> pairs;
  for (int const key : keys) pairs.push_back({key, static_cast<float>(key)});
  beat::parallel_sort(pool, pairs, std::ranges::greater{}, &pair::key);
  CHECK(std::is_sorted(pairs.begin(), pairs.end(), [](pair const& a, pair const& b) { return a.key > b.key; }));
  CHECK(std::all_of(pairs.begin(), pairs.end(), [](pair const& p) { return static_cast<float>(p.key) == p.value; }));
}

TEST_CASE("parallel_sort sorts a range that is not contiguous", "[algorithm]") {
  beat::ThreadPool pool{2};
  std::vector<int> const numbers = make_numbers("random", 100'000);
  std::deque<int> queue{numbers.begin(), numbers.end()};
  beat::parallel_sort(pool, queue);
  CHECK(std::is_sorted(queue.begin(), queue.end()));
}

TEST_CASE("parallel_sort loses no element where the order makes no sense", "[algorithm]") {
  beat::ThreadPool pool{2};
  std::vector<int> const numbers = make_numbers("random", 200'000);
  std::vector<double> values{numbers.begin(), numbers.end()};
  for (std::size_t i = 0; i < values.size(); i += 3) values[i] = std::numeric_limits<double>::quiet_NaN();
  auto const nan = [](double x) { return std::isnan(x); };
  auto const count = std::count_if(values.begin(), values.end(), nan);
  double const sum =
      std::accumulate(values.begin(), values.end(), 0.0, [](double s, double x) { return std::isnan(x) ? s : s + x; });
  beat::parallel_sort(pool, values);
  CHECK(std::count_if(values.begin(), values.end(), nan) == count);
  CHECK(std::accumulate(values.begin(), values.end(), 0.0,
                        [](double s, double x) { return std::isnan(x) ? s : s + x; }) == sum);

  std::vector<int> odd = numbers;
  std::atomic<unsigned> calls{0};
  beat::parallel_sort(pool, odd, [&](int, int) { return ++calls % 3 == 0; });
  beat::parallel_sort(pool, odd);
  CHECK((odd == make_numbers("sorted", numbers.size())));  // without printing them all
}

TEST_CASE("parallel_sort stays within its range where the order makes no sense", "[algorithm]") {
  beat::ThreadPool pool{1};
  constexpr std::size_t margin = 200;
  std::size_t const size = GENERATE(2U, 16U, 17U, 500U);
  std::vector<int> numbers(size + 2 * margin);
  std::iota(numbers.begin(), numbers.end(), 0);
  auto const middle = std::span{numbers}.subspan(margin, size);
  unsigned calls = 0;
  // What is not less than the first element is less than all others, and than what is before the first one.
  beat::parallel_sort(pool, middle, [&](int, int) { return calls++ % 50 != 0; });
  std::ranges::sort(middle);
  CHECK(std::ranges::is_sorted(numbers));
}

// Source: M. D. McIlroy, A Killer Adversary for Quicksort, 1999: it decides the order while it is being asked, so that
// each pivot turns out to be among the least.
TEST_CASE("parallel_sort makes O(n log n) comparisons against an adversary", "[algorithm]") {
  constexpr int size = 1 << 15;
  std::vector<int> values(size, size), order(size);
  std::iota(order.begin(), order.end(), 0);
  int solid = 0, candidate = 0;
  long comparisons = 0;
  auto const compare = [&](int a, int b) {
    ++comparisons;
    auto const value = [&](int i) -> int& { return values[static_cast<std::size_t>(i)]; };
    if (value(a) == size && value(b) == size) value(a == candidate ? a : b) = solid++;
    if (value(a) == size)
      candidate = a;
    else if (value(b) == size)
      candidate = b;
    return value(a) < value(b);
  };
  beat::ThreadPool pool{1};
  beat::parallel_sort(pool, order, compare);
  CHECK(comparisons < 6L * size * 15);
  CHECK(std::is_sorted(order.begin(), order.end(), compare));
}

TEST_CASE("parallel_sort compares no more than it says", "[algorithm]") {
  std::string const kind = GENERATE("random", "sorted", "reversed", "equal", "two values", "organ pipe");
  CAPTURE(kind);
  beat::ThreadPool pool{1};
  std::vector<int> numbers = make_numbers(kind, 1 << 16);
  long comparisons = 0;
  beat::parallel_sort(pool, numbers, [&](int a, int b) { return ++comparisons, a < b; });
  CHECK(comparisons < (kind == "equal" || kind == "two values" ? 4L : 2L * 16) * (1 << 16));
}

TEST_CASE("parallel_sort passes an exception on, and ends early", "[algorithm]") {
  unsigned const workers = GENERATE(1U, 4U);
  beat::ThreadPool pool{workers};
  std::vector<int> numbers = make_numbers("random", 300'000);
  std::atomic<long> calls{0};
  auto const compare = [&](int a, int b) {
    long const call = ++calls;
    if (call == 1'000'000) throw std::runtime_error{"incomparable"};
    if (call > 1'000'000) std::this_thread::yield();  // to the thread that throws, which may have lost its CPU
    return a < b;
  };
  CHECK_THROWS_WITH(beat::parallel_sort(pool, numbers, compare), "incomparable");
  CHECK(calls < 2'000'000);
  CHECK(lost(numbers) <= 1);
  beat::parallel_sort(pool, numbers);
  CHECK(std::is_sorted(numbers.begin(), numbers.end()));
}

TEST_CASE("parallel_sort loses at most the element whose comparison threw", "[algorithm]") {
  beat::ThreadPool pool{1};
  for (long last = 1;; last += 13) {
    std::vector<int> numbers = make_numbers("random", 1000);
    long calls = 0;
    auto const compare = [&](int a, int b) {
      if (++calls == last) throw std::runtime_error{"incomparable"};
      return a < b;
    };
    try {
      beat::parallel_sort(pool, numbers, compare);
      break;  // all comparisons had their turn
    } catch (std::runtime_error const&) {
      REQUIRE(calls == last);
      REQUIRE(lost(numbers) <= 1);
    }
  }
}

TEST_CASE("parallel_sort can be stopped", "[algorithm]") {
  beat::ThreadPool pool{2};
  std::vector<int> numbers = make_numbers("random", 300'000);
  std::stop_source source;
  std::atomic<long> calls{0};
  auto const compare = [&](int a, int b) {
    long const call = ++calls;
    if (call == 1'000'000) source.request_stop();
    if (call > 1'000'000) std::this_thread::yield();  // to the thread that stops it, which may have lost its CPU
    return a < b;
  };
  beat::loop_options const options{.stop = source.get_token()};
  try {
    beat::parallel_sort(pool, numbers, compare, {}, options);
    FAIL("it was not stopped");
  } catch (beat::error const& e) {
    CHECK(e.code() == beat::errc::cancelled);
  }
  CHECK(calls < 2'000'000);
  beat::parallel_sort(pool, numbers);
  CHECK(numbers == make_numbers("sorted", numbers.size()));
  CHECK_THROWS_AS(beat::parallel_sort(pool, numbers, {}, {}, options), beat::error);
}
