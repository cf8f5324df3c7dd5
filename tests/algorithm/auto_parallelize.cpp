// SPDX-License-Identifier: MIT
// Lifted functions: themselves for their own arguments, a parallel_map for ranges of them, and when that is worth it.

#include <algorithm>
#include <array>
#include <atomic>
#include <beat.hpp>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <ranges>
#include <string>
#include <type_traits>
#include <vector>

#include "catch.hpp"
#include "random_inputs.hpp"
#include "task/support.hpp"

namespace {

using beat::auto_parallelize;
using beat::cost_hint;

constexpr auto twice = [](int i) noexcept { return 2 * i; };
constexpr auto lifted_twice = auto_parallelize(twice, cost_hint::cheap);
int thrice(int i) { return 3 * i; }
struct lifted_counter {
  int value = 0;
  int plus(int i) const { return value + i; }
};

static_assert(lifted_twice(21) == 42 && auto_parallelize(twice)(21) == 42);
static_assert(noexcept(lifted_twice(1)) && !noexcept(auto_parallelize(thrice)(1)));
static_assert(std::is_same_v<decltype(auto_parallelize([](int& i) -> int& { return i; })(std::declval<int&>())), int&>);
static_assert(std::is_empty_v<decltype(auto_parallelize(twice))>);
static_assert(!std::invocable<decltype(lifted_twice), std::nullptr_t> && !std::invocable<decltype(lifted_twice)>);
static_assert(!std::invocable<decltype(lifted_twice), std::vector<std::string>&>);
static_assert(!std::invocable<decltype(lifted_twice), std::vector<int>&, std::vector<int>&>);
static_assert(std::same_as<decltype(lifted_twice(std::vector<int>{})), std::vector<int>>);

/// How often threads entered the pool.
template <class F>
std::uint64_t entries_of(beat::ThreadPool& pool, F f) {
  beat::pool_stats const before = pool.stats();
  f();
  beat::pool_stats const done = pool.stats() - before;
  return done.roots + done.submitted;
}

/// Goes on only when it is told.
struct lifted_clock {
  static inline std::int64_t time = 0;
  static std::int64_t now() noexcept { return time; }
};

/// How many of `size` calls are made on the calling thread, each of which takes so long.
template <class F>
std::size_t begun(std::size_t size, std::int64_t nanoseconds) {
  std::size_t expected = 0, in_order = 0;
  std::size_t const made = beat::detail::measured_cost<F, lifted_clock>{}.begin(size, [&](std::size_t i) {
    lifted_clock::time += nanoseconds;
    in_order += i == expected++;
  });
  return made == in_order && made == expected ? made : SIZE_MAX;
}

}  // namespace

TEST_CASE("a lifted function of ranges is a map of all of them", "[algorithm]") {
  auto const add = [](int a, long b, std::uint64_t c) {
    random_inputs::hand_over();
    return static_cast<std::uint64_t>(a + b) * c;
  };
  auto const by_hint = auto_parallelize(add, cost_hint::moderate);
  auto const by_measure = auto_parallelize(add);
  CHECK(random_inputs::first_wrong(
            [&](beat::context where, beat::random& random, std::size_t size) {
              std::vector<int> const a = random_inputs::random_numbers(random, size);
              std::vector<long> const b(a.rbegin(), a.rend());
              auto const c = std::views::iota(std::uint64_t{1}, size + 1);
              std::vector<std::uint64_t> expected;
              for (std::size_t i = 0; i < size; ++i) expected.push_back(add(a[i], b[i], c[i]));
              return (random.below(2) == 0 ? by_hint(where, a, b, c) : by_measure(a, b, c)) == expected;
            },
            build_kind::is_sanitized ? 2'000 : 20'000) == "");
}

TEST_CASE("what a lifted function may be, take and return", "[algorithm]") {
  auto& pool = random_inputs::pool_of<beat::ThreadPool>(4);
  std::vector<int> numbers{1, 2, 3};

  CHECK(auto_parallelize(&thrice)(pool, numbers) == std::vector{3, 6, 9});
  std::array<lifted_counter, 3> const counters{{{10}, {20}, {30}}};
  CHECK(auto_parallelize(&lifted_counter::plus, cost_hint::expensive)(pool, counters, numbers) ==
        std::vector{11, 22, 33});
  CHECK(auto_parallelize(&lifted_counter::value)(counters) == std::vector{10, 20, 30});
  CHECK(auto_parallelize([](int i) { return i > 1; }, cost_hint::expensive)(pool, numbers) ==
        std::vector{false, true, true});

  // Elements can be changed, and moved from.
  auto_parallelize([](int& i) { i *= 10; }, cost_hint::expensive)(pool, numbers);
  auto_parallelize([](int& i) { ++i; })(numbers);
  CHECK(numbers == std::vector{11, 21, 31});
  auto const boxes = auto_parallelize([](int i) { return std::make_unique<int const>(i); })(pool, numbers);
  CHECK(*boxes.at(2) == 31);

  // One that takes a range is called with it.
  auto const sum = auto_parallelize([](std::vector<int> const& all) { return all.size(); });
  CHECK(sum(numbers) == 3);
  CHECK(sum(std::vector{numbers, numbers}) == std::vector<std::size_t>{3, 3});

  CHECK(lifted_twice(pool, std::vector<int>{}).empty());
  CHECK(auto_parallelize(twice)(pool, std::vector<int>{}).empty());
}

TEST_CASE("a lifted function refuses ranges of different sizes before any call", "[algorithm]") {
  int calls = 0;
  auto const f = auto_parallelize([&calls](int, int) { ++calls; });
  CHECK(task_test::error_of([&] { f(std::vector{1, 2}, std::vector{1}); }) == beat::errc::size_mismatch);
  CHECK(task_test::error_of([&] { f(std::vector<int>{}, std::vector{1}); }) == beat::errc::size_mismatch);
  CHECK(calls == 0);
}

TEST_CASE("what a call of a lifted function throws arrives", "[algorithm]") {
  auto& pool = random_inputs::pool_of<beat::ThreadPool>(4);
  auto const all = std::views::iota(0, 20);
  cost_hint const hint = GENERATE(cost_hint{std::chrono::nanoseconds{1}}, cost_hint::expensive);
  long const blown = random_inputs::blow_each([&](random_inputs::fuse& fuse) {
    auto const f = auto_parallelize([&fuse](int i) { return fuse(), random_inputs::move_only{i}; }, hint);
    static_cast<void>(f(pool, all));
  });
  CHECK(blown == 20);
}

TEST_CASE("a hint decides who makes the calls", "[algorithm]") {
  beat::ThreadPool pool{2};
  std::vector<int> const numbers(1000);
  auto const entries = [&](cost_hint hint, int size) {
    auto const f = auto_parallelize(twice, hint);
    return entries_of(pool, [&] { static_cast<void>(f(pool, numbers | std::views::take(size))); });
  };
  CHECK(entries(cost_hint::cheap, 399) == 0);
  CHECK(entries(cost_hint::cheap, 400) == 1);
  CHECK(entries(cost_hint::moderate, 7) == 0);
  CHECK(entries(cost_hint::moderate, 8) == 1);
  CHECK(entries(cost_hint::expensive, 1) == 0);
  CHECK(entries(cost_hint::expensive, 2) == 1);
  CHECK(entries(cost_hint{std::chrono::nanoseconds{100}}, 39) == 0);
  CHECK(entries(cost_hint{std::chrono::nanoseconds{100}}, 40) == 1);
  CHECK(entries(cost_hint{std::chrono::hours{24 * 365 * 100}}, 1000) == 1);
}

TEST_CASE("the first calls tell what a call costs", "[algorithm]") {
  struct cheap {};
  CHECK(begun<cheap>(0, 100) == 0);
  CHECK(begun<cheap>(1'000, 100) == 15);  // 1, 3, 7, 15: then 1 µs is over
  CHECK(begun<cheap>(39, 100) == 39);     // 20 calls in 2 µs
  CHECK(begun<cheap>(40, 100) == 0);

  struct expensive {};
  CHECK(begun<expensive>(1'000, 5'000) == 1);
  CHECK(begun<expensive>(1, 5'000) == 1);
  CHECK(begun<expensive>(2, 5'000) == 0);

  struct alone {};
  CHECK(begun<alone>(3, 100) == 3);
  CHECK(begun<alone>(39, 100) == 39);
  CHECK(begun<alone>(40, 100) == 0);
}

TEST_CASE("calls that become longer are no longer made on one thread", "[algorithm]") {
  struct slower {};
  CHECK(begun<slower>(100, 1) == 100);
  CHECK(begun<slower>(100, 1'000) == 100);  // as nobody knew
  CHECK(begun<slower>(100, 1'000) == 0);

  struct cold {};  // the first calls took too long
  CHECK(begun<cold>(1, 1'000'000) == 1);
  CHECK(begun<cold>(1'000, 10) == 0);
  beat::detail::measured_cost<cold, lifted_clock>{}.share(1'000, 4, [] { lifted_clock::time += 2'500; });
  CHECK(begun<cold>(199, 10) == 199);  // 10 ns at most: 200 calls in 2 µs, of which it believes the half
  beat::detail::measured_cost<cold, lifted_clock>{}.share(1'000, 4, [] { lifted_clock::time += 1'000'000; });
  CHECK(begun<cold>(199, 10) == 199);  // that says nothing, as threads may have waited

  struct faster {};
  CHECK(begun<faster>(1, 1'000) == 1);
  CHECK(begun<faster>(3, 10) == 3);
  CHECK(begun<faster>(100, 10) == 100);
  CHECK(begun<faster>(100, 10) == 100);
}
