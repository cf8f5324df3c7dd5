// SPDX-License-Identifier: MIT
// parallel_find and its kin: the element that std::ranges finds, what is left alone behind it, and what throws.

#include <algorithm>
#include <atomic>
#include <beat.hpp>
#include <chrono>
#include <concepts>
#include <ranges>
#include <stop_token>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "random_inputs.hpp"
#include "stop_request.hpp"
#include "task/support.hpp"

namespace {

using random_inputs::hand_over;

template <class Range, class T>
concept can_find = requires(beat::ThreadPool& pool, Range&& range, T value) {
  beat::parallel_find(pool, std::forward<Range>(range), value);
};
template <class Range, class Predicate>
concept can_find_if = requires(beat::ThreadPool& pool, Range& range, Predicate predicate) {
  beat::parallel_find_if(pool, range, predicate);
  { beat::parallel_any_of(pool, range, predicate) } -> std::same_as<bool>;
};

static_assert(can_find<std::vector<int>&, long>);
static_assert(!can_find<std::vector<int>&, std::string>);
static_assert(can_find_if<std::vector<int>, bool (*)(int)>);
static_assert(!can_find_if<std::vector<int>, bool (*)(std::string)>);
static_assert(
    std::same_as<decltype(beat::parallel_find(std::declval<beat::ThreadPool&>(), std::declval<std::vector<int>>(), 1)),
                 std::ranges::dangling>);

/// Waits until `flag` is set; not for ever.
void find_waits_for(std::atomic<bool> const& flag) {
  for (auto const end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
       !flag && std::chrono::steady_clock::now() < end;)
    std::this_thread::yield();
}

}  // namespace

TEST_CASE("parallel_find finds what the serial one finds", "[algorithm]") {
  CHECK(random_inputs::first_wrong([](beat::context where, beat::random& random, std::size_t size) {
          std::vector<int> const numbers = random_inputs::random_numbers(random, size);
          int const value = static_cast<int>(random.below(static_cast<std::uint32_t>(size) + 2));
          auto const shifted = [](int n) { return hand_over(), n + 1; };
          return beat::parallel_find(where, numbers, value, shifted) == std::ranges::find(numbers, value, shifted) &&
                 beat::parallel_find(where, numbers, value) == std::ranges::find(numbers, value);
        }) == "");
}

TEST_CASE("parallel_find_if finds what the serial one finds, among what can only be moved", "[algorithm]") {
  CHECK(random_inputs::first_wrong([](beat::context where, beat::random& random, std::size_t size) {
          auto const elements = random_inputs::to_move_only(random_inputs::random_numbers(random, size));
          int const least = static_cast<int>(random.below(static_cast<std::uint32_t>(size) + 2));
          auto const is_large = [least](int n) { return hand_over(), n >= least; };
          using element = random_inputs::move_only;
          return beat::parallel_find_if(where, elements, is_large, &element::value) ==
                 std::ranges::find_if(elements, is_large, &element::value);
        }) == "");
}

TEST_CASE("any_of, all_of and none_of answer as the serial ones do", "[algorithm]") {
  CHECK(random_inputs::first_wrong([](beat::context where, beat::random& random, std::size_t size) {
          std::vector<int> const numbers = random_inputs::random_numbers(random, size);
          int const least = static_cast<int>(random.below(static_cast<std::uint32_t>(size) + 2));
          bool const wanted = random.below(2) == 0;
          auto const holds = [=](int n) { return hand_over(), (n >= least) == wanted; };
          return beat::parallel_any_of(where, numbers, holds) == std::ranges::any_of(numbers, holds) &&
                 beat::parallel_all_of(where, numbers, holds) == std::ranges::all_of(numbers, holds) &&
                 beat::parallel_none_of(where, numbers, holds) == std::ranges::none_of(numbers, holds);
        }) == "");
}

TEST_CASE("a search goes not on behind a match", "[algorithm]") {
  unsigned const workers = GENERATE(1U, 2U, 4U, 64U);
  beat::ThreadPool& pool = random_inputs::pool_of<beat::ThreadPool>(workers);
  constexpr int size = 100'000'000;
  int const hit = GENERATE(0, 1, 50'000);
  std::atomic<bool> is_found{false};
  std::atomic<int> late{0};
  auto const numbers = std::views::iota(0, size);
  auto const found = beat::parallel_find_if(pool, numbers, [&](int i) {
    if (is_found.load(std::memory_order_relaxed)) ++late;
    if (i == hit) is_found = true;
    return i >= hit;
  });
  CHECK(*found == hit);
  CHECK(late < size / 100);
  if (workers == 1) CHECK(late == 0);
}

TEST_CASE("a search looks at elements in about their order", "[algorithm]") {
  beat::ThreadPool& pool = random_inputs::pool_of<beat::ThreadPool>(2);
  std::atomic<bool> is_second_begun{false};
  int second = 0;
  auto const found = beat::parallel_find_if(pool, std::views::iota(0, 1'000'000), [&](int i) {
    if (i == 0) find_waits_for(is_second_begun);
    if (i != 0 && !is_second_begun.exchange(true)) second = i;
    return false;
  });
  CHECK(*found == 1'000'000);
  CHECK(second == 1);
}

TEST_CASE("what a search throws is what the serial one throws", "[algorithm]") {
  beat::ThreadPool& pool = random_inputs::pool_of<beat::ThreadPool>(2);
  bool const match_is_first = GENERATE(true, false);
  for (int round = 0; round < 10; ++round) {
    std::atomic<bool> is_second_over{false};
    bool caught = false;
    int found = -1;
    try {
      found = *beat::parallel_find_if(pool, std::views::iota(0, 3), [&](int i) {
        if (i == 0) find_waits_for(is_second_over);
        if (i == 1) is_second_over = true;
        if ((i == 0) != match_is_first) throw i;
        return true;
      });
    } catch (int i) {
      caught = i == 0;
    }
    REQUIRE(caught == !match_is_first);
    if (match_is_first) REQUIRE(found == 0);
  }
}

TEST_CASE("a search that throws at any of its calls throws exactly that", "[algorithm]") {
  unsigned const workers = GENERATE(1U, 4U);
  auto& pool = random_inputs::pool_of<random_inputs::eager_pool>(workers);
  random_inputs::is_eager = true;
  long const blown = random_inputs::blow_each([&](random_inputs::fuse& fuse) {
    std::vector<random_inputs::fragile> elements;
    elements.reserve(40);
    for (int i = 0; i < 40; ++i) elements.emplace_back(i);
    auto const is_large = [](random_inputs::fragile const& e) { return hand_over(), e.value >= 39; };
    auto const itself = [](random_inputs::fragile const& e) -> random_inputs::fragile const& { return e; };
    auto const at = beat::parallel_find_if(pool, elements, random_inputs::with_fuse(fuse, is_large),
                                           random_inputs::with_fuse(fuse, itself));
    if (at->value != 39) throw at->value;
    if (beat::parallel_find(pool, elements, elements.back()) != at) throw at->value;
  });
  random_inputs::is_eager = false;
  CHECK(blown == 3 * 40);
}

TEST_CASE("a search can be stopped", "[algorithm]") {
  unsigned const workers = GENERATE(1U, 2U, 4U);
  beat::ThreadPool& pool = random_inputs::pool_of<beat::ThreadPool>(workers);
  algorithm_test::stop_request stop;
  std::error_code const code = task_test::error_of([&] {
    static_cast<void>(beat::parallel_any_of(pool, std::views::iota(0, 1'000'000),
                                            [&](int i) {
                                              stop.begin(i == 1000);
                                              return i == 999'999;
                                            },
                                            {}, {.stop = stop.token()}));
  });
  CHECK(code == beat::errc::cancelled);
  CHECK(stop.late() <= workers);  // those that had looked at the token already
}

TEST_CASE("a stop request behind a match does not matter", "[algorithm]") {
  beat::ThreadPool& pool = random_inputs::pool_of<beat::ThreadPool>(1);
  std::stop_source stop;
  auto const found =
      beat::parallel_find_if(pool, std::views::iota(0, 1000), [&](int i) { return i == 500 && stop.request_stop(); },
                             {}, {.stop = stop.get_token()});
  CHECK(*found == 500);
}

TEST_CASE("a search within a search finds the first, too", "[algorithm]") {
  unsigned const workers = GENERATE(1U, 2U, 4U);
  beat::ThreadPool& pool = random_inputs::pool_of<beat::ThreadPool>(workers);
  struct tree {
    static bool contains(beat::ThreadPool& where, int depth, int first, int wanted) {
      if (depth == 0) return first == wanted;
      return beat::parallel_any_of(where, std::views::iota(0, 4), [&where, depth, first, wanted](int i) {
        return contains(where, depth - 1, 4 * first + i, wanted);
      });
    }
  };
  CHECK(tree::contains(pool, 6, 0, 4095));
  CHECK(!tree::contains(pool, 6, 0, 4096));
}
