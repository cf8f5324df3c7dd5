// SPDX-License-Identifier: MIT
// parallel_stable_sort: the order, that of equal elements too; what is moved; what throws; what stops it.

#include <algorithm>
#include <beat.hpp>
#include <deque>
#include <functional>
#include <list>
#include <numeric>
#include <stop_token>
#include <utility>
#include <vector>

#include "algorithm/random_inputs.hpp"
#include "catch.hpp"

namespace {

template <class Range>
concept can_sort_stably = requires(beat::ThreadPool& pool, Range& range) { beat::parallel_stable_sort(pool, range); };

static_assert(can_sort_stably<std::vector<int>>);
static_assert(can_sort_stably<std::deque<random_inputs::move_only>>);
static_assert(!can_sort_stably<std::vector<int> const>);
static_assert(!can_sort_stably<std::list<int>>);

struct ranked {
  int key = 0;
  int rank = 0;

  friend bool operator==(ranked const&, ranked const&) = default;
};

std::vector<ranked> make_ranked(std::vector<int> const& numbers) {
  std::vector<ranked> all;
  for (int const n : numbers) all.push_back({n, static_cast<int>(all.size())});
  return all;
}

}  // namespace

TEST_CASE("parallel_stable_sort gives what the serial one gives, equal elements in their order", "[algorithm]") {
  CHECK(random_inputs::first_wrong([](beat::context where, beat::random& random, std::size_t size) {
          std::vector<ranked> actual = make_ranked(random_inputs::random_numbers(random, size));
          std::vector<ranked> expected = actual;
          std::ranges::sort(expected, {}, [](ranked const& r) { return std::pair{r.key, r.rank}; });
          auto const less = [size](int x, int y) {
            if (size < 100) random_inputs::hand_over();
            return x < y;
          };
          beat::parallel_stable_sort(where, actual, less, &ranked::key);
          return actual == expected;
        }) == "");
}

TEST_CASE("parallel_stable_sort sorts elements that can only be moved, by any order and without contiguous memory",
          "[algorithm]") {
  using random_inputs::move_only;
  CHECK(random_inputs::first_wrong(
            [](beat::context where, beat::random& random, std::size_t size) {
              std::vector<int> numbers = random_inputs::random_numbers(random, size);
              std::vector<move_only> made = random_inputs::to_move_only(numbers);
              std::deque<move_only> actual{std::move_iterator{made.begin()}, std::move_iterator{made.end()}};
              std::sort(numbers.begin(), numbers.end(), std::greater<>{});
              beat::parallel_stable_sort(where, actual, std::greater<>{}, &move_only::value);
              return std::ranges::equal(actual, numbers, {}, &move_only::value);
            },
            build_kind::is_sanitized ? 2'000 : 20'000) == "");
  CHECK(move_only::live == 0);
}

TEST_CASE("parallel_stable_sort is shared", "[algorithm]") {
  beat::ThreadPool pool{4};
  std::vector<int> numbers(500'000);
  for (int round = 0; round < 200 && pool.stats().jobs_stolen == 0; ++round) {  // a thief may be late
    for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<int>(i * 7919 % numbers.size());
    beat::parallel_stable_sort(pool, numbers);
    REQUIRE(std::is_sorted(numbers.begin(), numbers.end()));
  }
  CHECK(pool.stats().jobs_stolen > 0);
}

TEST_CASE("parallel_stable_sort loses no element where a comparison throws", "[algorithm]") {
  using random_inputs::move_only;
  unsigned const workers = GENERATE(1U, 4U);
  auto& pool = random_inputs::pool_of<random_inputs::eager_pool>(workers);
  random_inputs::is_eager = true;
  std::vector<int> numbers(60);
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<int>(i * 37 % 60);
  long lossy = 0;
  auto const is_whole = [](auto values, auto projection) {
    std::ranges::sort(values, {}, projection);
    for (std::size_t i = 0; i < values.size(); ++i)
      if (std::invoke(projection, values[i]) != static_cast<int>(i)) return false;
    return true;
  };
  long const blown = random_inputs::blow_each([&](random_inputs::fuse& fuse) {
    auto const less = random_inputs::with_fuse(fuse, [](int x, int y) {
      random_inputs::hand_over();
      return x < y;
    });
    std::vector<move_only> values = random_inputs::to_move_only(numbers);
    std::vector<int> plain = numbers;
    auto const look = [&] {
      if (!is_whole(std::move(values), &move_only::value) || !is_whole(plain, std::identity{})) ++lossy;
    };
    try {
      beat::parallel_stable_sort(pool, values, less, &move_only::value);
      beat::parallel_stable_sort(pool, plain, less);
    } catch (...) {
      look();
      throw;
    }
    look();
  });
  random_inputs::is_eager = false;
  CHECK(blown > 400);
  CHECK(lossy == 0);
}

TEST_CASE("parallel_stable_sort leaks nothing where moves throw", "[algorithm]") {
  using random_inputs::fragile;
  auto& pool = random_inputs::pool_of<random_inputs::eager_pool>(2U);
  long const blown = random_inputs::blow_each([&](random_inputs::fuse&) {
    std::vector<fragile> values;
    values.reserve(40);
    for (int i = 0; i < 40; ++i) values.emplace_back(i * 21 % 40);
    beat::parallel_stable_sort(pool, values, std::less<>{});
  });
  CHECK(blown > 400);
}

TEST_CASE("parallel_stable_sort can be stopped, and keeps all elements", "[algorithm]") {
  beat::ThreadPool pool{2};
  std::vector<int> numbers(50'000);
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<int>(i * 7919 % numbers.size());
  std::stop_source source;
  std::atomic<long> calls{0};
  auto const less = [&](int a, int b) {
    if (++calls == 100'000) source.request_stop();
    return a < b;
  };
  beat::loop_options const options{.stop = source.get_token()};
  for (int round = 0; round < 2; ++round) {
    try {
      beat::parallel_stable_sort(pool, numbers, less, {}, options);
      FAIL("it was not stopped");
    } catch (beat::error const& e) {
      CHECK(e.code() == beat::errc::cancelled);
    }
  }
  CHECK(calls < 200'000);
  CHECK(!std::is_sorted(numbers.begin(), numbers.end()));
  std::sort(numbers.begin(), numbers.end());
  std::vector<int> all(numbers.size());
  std::iota(all.begin(), all.end(), 0);
  CHECK((numbers == all));  // without printing them all
}
