// SPDX-License-Identifier: MIT
// parallel_copy_if and parallel_filter: which elements, in which order; how often they are asked; what throws and
// stops.

#include <algorithm>
#include <beat.hpp>
#include <list>
#include <memory>
#include <numeric>
#include <stop_token>
#include <vector>

#include "algorithm/random_inputs.hpp"
#include "catch.hpp"

namespace {

template <class Input>
concept can_filter = requires(beat::ThreadPool& pool, Input& input, std::vector<int>& output, bool (*wanted)(int)) {
  beat::parallel_copy_if(pool, input, output, wanted);
  beat::parallel_filter(pool, input, wanted);
};

static_assert(can_filter<std::vector<int> const>);
static_assert(!can_filter<std::list<int>>);
static_assert(!can_filter<std::vector<std::unique_ptr<int>>>);

std::error_code filter_error(auto filter) {
  try {
    filter();
  } catch (beat::error const& e) {
    return e.code();
  }
  return {};
}

}  // namespace

TEST_CASE("parallel_copy_if and parallel_filter give what the serial ones give", "[algorithm]") {
  CHECK(random_inputs::first_wrong([](beat::context where, beat::random& random, std::size_t size) {
          std::vector<int> const numbers = random_inputs::random_numbers(random, size);
          int const limit = static_cast<int>(random.below(static_cast<std::uint32_t>(size) + 1));
          auto const wanted = [limit](int n) {
            random_inputs::hand_over();
            return n >= limit;
          };
          auto const minus = [](int n) { return n - 1; };
          std::vector<int> expected;
          std::ranges::copy_if(numbers, std::back_inserter(expected), wanted, minus);
          if (random.below(2) == 0) return beat::parallel_filter(where, numbers, wanted, minus) == expected;
          std::vector<int> copied(expected.size() + random.below(2));
          std::size_t const count = beat::parallel_copy_if(where, numbers, copied, wanted, minus);
          return count == expected.size() && std::equal(expected.begin(), expected.end(), copied.begin());
        }) == "");
}

TEST_CASE("each element is asked once, also where it is shared", "[algorithm]") {
  beat::ThreadPool pool{4};
  std::vector<int> numbers(200'000), output(numbers.size());
  std::iota(numbers.begin(), numbers.end(), 0);
  for (int round = 0; round < 200 && pool.stats().jobs_stolen == 0; ++round) {  // a thief may be late
    std::vector<std::atomic<int>> asked(numbers.size());
    auto const is_even = [&](int n) { return ++asked[static_cast<std::size_t>(n)], n % 2 == 0; };
    REQUIRE(beat::parallel_copy_if(pool, numbers, output, is_even) == numbers.size() / 2);
    REQUIRE(std::all_of(asked.begin(), asked.end(), [](auto const& n) { return n == 1; }));
    REQUIRE(output[1000] == 2000);
  }
  CHECK(pool.stats().jobs_stolen > 0);
}

TEST_CASE("parallel_filter moves what a range of temporaries gives", "[algorithm]") {
  using random_inputs::move_only;
  beat::ThreadPool pool{2};
  auto const made = std::views::iota(0, 1000) | std::views::transform([](int n) { return move_only{n}; });
  auto const found = beat::parallel_filter(pool, made, [](int n) { return n % 3 == 0; }, &move_only::value);
  REQUIRE(found.size() == 334);
  for (std::size_t i = 0; i < found.size(); ++i) REQUIRE(found[i].value == static_cast<int>(3 * i));
}

TEST_CASE("parallel_copy_if says where its output has not enough room", "[algorithm]") {
  unsigned const workers = GENERATE(1U, 4U);
  beat::ThreadPool pool{workers};
  std::vector<int> const numbers(100'000, 1);
  std::vector<int> output(GENERATE(0U, 10U, 50'000U, 99'999U));
  auto const all = [](int) { return true; };
  CHECK(filter_error([&] { beat::parallel_copy_if(pool, numbers, output, all); }) == beat::errc::size_mismatch);
}

TEST_CASE("the filters pass on what predicates, projections and copies throw, and leak nothing", "[algorithm]") {
  using random_inputs::fragile;
  unsigned const workers = GENERATE(1U, 4U);
  auto& pool = random_inputs::pool_of<random_inputs::eager_pool>(workers);
  random_inputs::is_eager = true;
  std::vector<fragile> values, output;
  values.reserve(40), output.reserve(40);
  for (int i = 0; i < 40; ++i) values.emplace_back(i), output.emplace_back(-1);
  long const blown = random_inputs::blow_each([&](random_inputs::fuse& fuse) {
    auto const wanted = random_inputs::with_fuse(fuse, [](int n) {
      random_inputs::hand_over();
      return n % 4 != 0;
    });
    auto const value = random_inputs::with_fuse(fuse, [](fragile const& f) { return f.value; });
    if (beat::parallel_filter(pool, values, wanted, value).size() != 30) throw 0;
    if (beat::parallel_copy_if(pool, values, output, wanted, value) != 30) throw 0;
  });
  random_inputs::is_eager = false;
  CHECK(blown > 200);
}

TEST_CASE("the filters can be stopped", "[algorithm]") {
  beat::ThreadPool pool{2};
  std::vector<int> const numbers(10'000, 1);
  std::vector<int> output(numbers.size());
  for (bool const is_copy : {true, false}) {
    std::stop_source source;
    std::atomic<int> calls{0};
    auto const wanted = [&](int) {
      if (++calls == 2'000) source.request_stop();
      return true;
    };
    beat::loop_options const options{.stop = source.get_token()};
    CHECK(filter_error([&] {
            if (is_copy)
              beat::parallel_copy_if(pool, numbers, output, wanted, {}, options);
            else
              static_cast<void>(beat::parallel_filter(pool, numbers, wanted, {}, options));
          }) == beat::errc::cancelled);
    CHECK(calls < 2'100);
  }
}
