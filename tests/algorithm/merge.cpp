// SPDX-License-Identifier: MIT
// parallel_merge: the elements in order, those of the first range first; where it is cut; what throws; what stops it.

#include <algorithm>
#include <beat.hpp>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <stop_token>
#include <vector>

#include "algorithm/random_inputs.hpp"
#include "catch.hpp"

namespace {

template <class First, class Second, class Output>
concept can_merge = requires(beat::ThreadPool& pool, First& first, Second& second, Output& output) {
  beat::parallel_merge(pool, first, second, output);
};

static_assert(can_merge<std::vector<int> const, std::deque<int>, std::vector<int>>);
static_assert(!can_merge<std::vector<int>, std::list<int>, std::vector<int>>);
static_assert(!can_merge<std::vector<int>, std::vector<int>, std::vector<int> const>);
static_assert(!can_merge<std::vector<std::unique_ptr<int>>, std::vector<std::unique_ptr<int>>,
                         std::vector<std::unique_ptr<int>>>);

/// A number that knows where it came from.
struct merged_item {
  int key = 0;
  std::size_t origin = 0;

  friend bool operator==(merged_item const&, merged_item const&) = default;
};

std::vector<merged_item> make_sorted_items(std::vector<int> numbers, std::size_t first_origin) {
  std::sort(numbers.begin(), numbers.end());
  std::vector<merged_item> items;
  for (int const n : numbers) items.push_back({n, first_origin++});
  return items;
}

}  // namespace

TEST_CASE("parallel_merge gives what the serial one gives, equal elements in their order", "[algorithm]") {
  CHECK(random_inputs::first_wrong([](beat::context where, beat::random& random, std::size_t size) {
          std::size_t const cut = random.below(static_cast<std::uint32_t>(size) + 1);
          std::vector<merged_item> const a = make_sorted_items(random_inputs::random_numbers(random, cut), 0);
          std::vector<merged_item> const b = make_sorted_items(random_inputs::random_numbers(random, size - cut), cut);
          std::vector<merged_item> expected(size), merged(size);
          std::ranges::merge(a, b, expected.begin(), std::less<>{}, &merged_item::key, &merged_item::key);
          auto const less = [](int x, int y) {
            random_inputs::hand_over();
            return x < y;
          };
          beat::parallel_merge(where, a, b, merged, less, &merged_item::key);
          return merged == expected;
        }) == "");
}

TEST_CASE("parallel_merge by the default order and without branches", "[algorithm]") {
  CHECK(random_inputs::first_wrong(
            [](beat::context where, beat::random& random, std::size_t size) {
              std::size_t const cut = random.below(static_cast<std::uint32_t>(size) + 1);
              std::vector<int> a = random_inputs::random_numbers(random, cut);
              std::vector<int> b = random_inputs::random_numbers(random, size - cut);
              std::sort(a.begin(), a.end(), std::greater<>{});
              std::sort(b.begin(), b.end(), std::greater<>{});
              std::vector<int> expected(size), merged(size);
              std::merge(a.begin(), a.end(), b.begin(), b.end(), expected.begin(), std::greater<>{});
              beat::parallel_merge(where, a, b, merged, std::greater<>{});
              return merged == expected;
            },
            build_kind::is_sanitized ? 2'000 : 20'000) == "");
}

TEST_CASE("the parts of a merge are found wherever it is cut", "[algorithm]") {
  std::vector<merged_item> const a = make_sorted_items({1, 1, 2, 3, 3, 3, 5}, 0);
  std::vector<merged_item> const b = make_sorted_items({0, 1, 1, 3, 3, 6, 6, 7}, a.size());
  std::vector<merged_item> expected(a.size() + b.size());
  std::ranges::merge(a, b, expected.begin(), std::less<>{}, &merged_item::key, &merged_item::key);
  std::less<> less;
  auto key = &merged_item::key;
  beat::detail::order_by<std::less<>, int merged_item::*> const order{less, key};
  for (std::size_t count = 0; count <= expected.size(); ++count) {
    beat::detail::merge_input<merged_item const*, merged_item const*> rest{a.data(), a.data() + a.size(), b.data(),
                                                                           b.data() + b.size()};
    auto const lower = beat::detail::cut_off(rest, count, order);
    CHECK(lower.size() == count);
    std::vector<merged_item> parts(count);
    std::ranges::merge(lower.a, lower.a_end, lower.b, lower.b_end, parts.begin(), less, key, key);
    CHECK(std::equal(parts.begin(), parts.end(), expected.begin()));
  }
}

TEST_CASE("parallel_merge is shared", "[algorithm]") {
  beat::ThreadPool pool{4};
  std::vector<int> numbers(500'000);
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<int>(i);
  std::vector<int> merged(2 * numbers.size());
  for (int round = 0; round < 200 && pool.stats().jobs_stolen == 0; ++round) {  // a thief may be late
    beat::parallel_merge(pool, numbers, numbers, merged);
    REQUIRE(std::is_sorted(merged.begin(), merged.end()));
  }
  CHECK(pool.stats().jobs_stolen > 0);
}

TEST_CASE("parallel_merge refuses an output of another size", "[algorithm]") {
  beat::ThreadPool pool{1};
  std::vector<int> const a(3), b(4);
  for (std::size_t const size : {6U, 8U}) {
    std::vector<int> output(size, 1);
    try {
      beat::parallel_merge(pool, a, b, output);
      FAIL("it was not refused");
    } catch (beat::error const& e) {
      CHECK(e.code() == beat::errc::size_mismatch);
    }
    CHECK(output == std::vector<int>(size, 1));
  }
}

TEST_CASE("parallel_merge passes on what its order, projection or elements throw", "[algorithm]") {
  using random_inputs::fragile;
  unsigned const workers = GENERATE(1U, 4U);
  auto& pool = random_inputs::pool_of<random_inputs::eager_pool>(workers);
  random_inputs::is_eager = true;
  std::vector<fragile> a, b, output;
  for (std::vector<fragile>* const range : {&a, &b, &output}) range->reserve(60);
  for (int i = 0; i < 30; ++i) a.emplace_back(2 * i), b.emplace_back(3 * i);
  for (int i = 0; i < 60; ++i) output.emplace_back(-1);
  long const blown = random_inputs::blow_each([&](random_inputs::fuse& fuse) {
    auto const less = random_inputs::with_fuse(fuse, [](fragile const& x, fragile const& y) {
      random_inputs::hand_over();
      return x < y;
    });
    auto const same = random_inputs::with_fuse(fuse, [](fragile const& x) -> fragile const& { return x; });
    beat::parallel_merge(pool, a, b, output, less, same);
  });
  random_inputs::is_eager = false;
  CHECK(blown > 200);
  CHECK(std::is_sorted(output.begin(), output.end()));
}

TEST_CASE("parallel_merge can be stopped", "[algorithm]") {
  beat::ThreadPool pool{2};
  std::vector<int> const numbers(10'000);
  std::vector<int> merged(2 * numbers.size());
  std::stop_source source;
  std::atomic<int> calls{0};
  auto const less = [&](int a, int b) {
    if (++calls == 2'000) source.request_stop();
    return a < b;
  };
  try {
    beat::parallel_merge(pool, numbers, numbers, merged, less, {}, {.stop = source.get_token()});
    FAIL("it was not stopped");
  } catch (beat::error const& e) {
    CHECK(e.code() == beat::errc::cancelled);
  }
  CHECK(calls < 2'100);
}
