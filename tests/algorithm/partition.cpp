// SPDX-License-Identifier: MIT
// The partitions: which elements are in front, and in which order; what throws; what stops them.

#include <algorithm>
#include <beat.hpp>
#include <functional>
#include <iterator>
#include <list>
#include <numeric>
#include <stop_token>
#include <vector>

#include "algorithm/random_inputs.hpp"
#include "catch.hpp"

namespace {

template <class Range>
concept can_partition = requires(beat::ThreadPool& pool, Range& range, bool (*first)(int)) {
  beat::parallel_partition(pool, range, first);
  beat::parallel_stable_partition(pool, range, first);
};

static_assert(can_partition<std::vector<int>>);
static_assert(!can_partition<std::vector<int> const>);
static_assert(!can_partition<std::list<int>>);

}  // namespace

TEST_CASE("parallel_stable_partition gives what the serial one gives", "[algorithm]") {
  CHECK(random_inputs::first_wrong([](beat::context where, beat::random& random, std::size_t size) {
          std::vector<int> numbers = random_inputs::random_numbers(random, size);
          int const limit = static_cast<int>(random.below(static_cast<std::uint32_t>(size) + 1));
          std::vector<int> expected;
          auto const is_less = [limit](int n) { return n < limit; };
          auto const minus = [](int n) { return n - 1; };
          std::ranges::copy_if(numbers, std::back_inserter(expected), is_less, minus);
          std::size_t const expected_count = expected.size();
          std::ranges::copy_if(numbers, std::back_inserter(expected), std::not_fn(is_less), minus);
          auto const slow = [&](int n) {
            random_inputs::hand_over();
            return is_less(n);
          };
          std::size_t const count = beat::parallel_stable_partition(where, numbers, slow, minus);
          return numbers == expected && count == expected_count;
        }) == "");
}

TEST_CASE("parallel_partition separates all elements and loses none", "[algorithm]") {
  CHECK(random_inputs::first_wrong([](beat::context where, beat::random& random, std::size_t size) {
          std::vector<int> numbers = random_inputs::random_numbers(random, size);
          int const limit = static_cast<int>(random.below(static_cast<std::uint32_t>(size) + 1));
          std::vector<int> expected = numbers;
          auto const is_less = [limit](int n) { return n < limit; };
          auto const slow = [&](int n) {
            random_inputs::hand_over();
            return is_less(n);
          };
          std::size_t const count = beat::parallel_partition(where, numbers, slow);
          if (!std::is_partitioned(numbers.begin(), numbers.end(), is_less)) return false;
          if (count != static_cast<std::size_t>(std::ranges::count_if(numbers, is_less))) return false;
          std::sort(numbers.begin(), numbers.end());
          std::sort(expected.begin(), expected.end());
          return numbers == expected;
        }) == "");
}

TEST_CASE("the partitions are shared, and work on elements that can only be moved", "[algorithm]") {
  using random_inputs::move_only;
  beat::ThreadPool pool{4};
  std::vector<int> numbers(200'000);
  std::iota(numbers.begin(), numbers.end(), 0);
  auto const is_third = [](int n) { return n % 3 == 0; };
  for (int round = 0; round < 200 && pool.stats().jobs_stolen == 0; ++round) {  // a thief may be late
    std::vector<move_only> values = random_inputs::to_move_only(numbers);
    REQUIRE(beat::parallel_partition(pool, values, is_third, &move_only::value) == 66'667);
    REQUIRE(std::ranges::is_partitioned(values, is_third, &move_only::value));
    values = random_inputs::to_move_only(numbers);
    REQUIRE(beat::parallel_stable_partition(pool, values, is_third, &move_only::value) == 66'667);
    REQUIRE(std::ranges::is_sorted(values.begin(), values.begin() + 66'667, {}, &move_only::value));
    REQUIRE(std::ranges::is_sorted(values.begin() + 66'667, values.end(), {}, &move_only::value));
  }
  CHECK(pool.stats().jobs_stolen > 0);
}

TEST_CASE("the partitions keep all elements where the predicate throws", "[algorithm]") {
  using random_inputs::move_only;
  unsigned const workers = GENERATE(1U, 4U);
  auto& pool = random_inputs::pool_of<random_inputs::eager_pool>(workers);
  random_inputs::is_eager = true;
  std::vector<int> numbers(100);
  std::iota(numbers.begin(), numbers.end(), 0);
  long lossy = 0, moved = 0;
  long const blown = random_inputs::blow_each([&](random_inputs::fuse& fuse) {
    auto const is_third = random_inputs::with_fuse(fuse, [](int n) {
      random_inputs::hand_over();
      return n % 3 == 0;
    });
    std::vector<move_only> stable = random_inputs::to_move_only(numbers);
    std::vector<int> values = numbers;
    try {
      beat::parallel_stable_partition(pool, stable, is_third, &move_only::value);
      beat::parallel_partition(pool, values, is_third);
    } catch (...) {
      if (fuse.calls() <= 100 && !std::ranges::equal(stable, numbers, {}, &move_only::value)) ++moved;
      std::sort(values.begin(), values.end());
      if (values != numbers) ++lossy;
      throw;
    }
  });
  random_inputs::is_eager = false;
  CHECK(blown == 200);
  CHECK(lossy == 0);
  CHECK(moved == 0);
}

TEST_CASE("the partitions leak nothing where moves throw", "[algorithm]") {
  using random_inputs::fragile;
  auto& pool = random_inputs::pool_of<random_inputs::eager_pool>(2U);
  bool const is_stable = GENERATE(true, false);
  long const blown = random_inputs::blow_each([&](random_inputs::fuse&) {
    std::vector<fragile> values;
    values.reserve(40);
    for (int i = 0; i < 40; ++i) values.emplace_back(i);
    auto const is_odd = [](fragile const& f) { return f.value % 2 == 1; };
    std::size_t const count = is_stable ? beat::parallel_stable_partition(pool, values, is_odd)
                                        : beat::parallel_partition(pool, values, is_odd);
    if (count != 20) throw 0;
  });
  CHECK(blown > 20);
}

TEST_CASE("the partitions can be stopped", "[algorithm]") {
  beat::ThreadPool pool{2};
  bool const is_stable = GENERATE(true, false);
  std::vector<int> numbers(10'000);
  std::iota(numbers.begin(), numbers.end(), 0);
  std::vector<int> const before = numbers;
  std::stop_source source;
  std::atomic<int> calls{0};
  auto const is_odd = [&](int n) {
    if (++calls == 2'000) source.request_stop();
    return n % 2 == 1;
  };
  beat::loop_options const options{.stop = source.get_token()};
  try {
    if (is_stable)
      beat::parallel_stable_partition(pool, numbers, is_odd, {}, options);
    else
      beat::parallel_partition(pool, numbers, is_odd, {}, options);
    FAIL("it was not stopped");
  } catch (beat::error const& e) {
    CHECK(e.code() == beat::errc::cancelled);
  }
  CHECK(calls < 2'100);
  std::sort(numbers.begin(), numbers.end());
  CHECK((numbers == before));  // without printing them all
}
