// SPDX-License-Identifier: MIT
// parallel_min_element, parallel_max_element and parallel_minmax_element: of equal elements the ones that std::ranges
// takes, and what throws.

#include <algorithm>
#include <beat.hpp>
#include <concepts>
#include <functional>
#include <ranges>
#include <span>
#include <stop_token>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "random_inputs.hpp"

namespace {

template <class Compare>
concept can_order = requires(beat::ThreadPool& pool, std::vector<int>& range, Compare compare) {
  { beat::parallel_min_element(pool, range, compare) } -> std::same_as<std::vector<int>::iterator>;
};
static_assert(can_order<std::greater<>>);
static_assert(!can_order<std::plus<std::string>>);
static_assert(std::same_as<decltype(beat::parallel_minmax_element(std::declval<beat::ThreadPool&>(),
                                                                  std::declval<std::vector<int>>())),
                           std::ranges::minmax_element_result<std::ranges::dangling>>);

}  // namespace

TEST_CASE("the least and the greatest element are those that the serial algorithms take", "[algorithm]") {
  CHECK(random_inputs::first_wrong([](beat::context where, beat::random& random, std::size_t size) {
          auto const elements = random_inputs::to_move_only(random_inputs::random_numbers(random, size));
          int const coarse = 1 + static_cast<int>(random.below(8));
          auto const key = [coarse](random_inputs::move_only const& e) { return e.value / coarse; };
          auto const shared_key = [coarse](random_inputs::move_only const& e) {
            random_inputs::hand_over();
            return e.value / coarse;
          };
          std::ranges::less const less;
          auto const [least, greatest] = beat::parallel_minmax_element(where, elements, less, shared_key);
          auto const expected = std::ranges::minmax_element(elements, less, key);
          return least == expected.min && greatest == expected.max &&
                 beat::parallel_min_element(where, elements, less, key) == expected.min &&
                 beat::parallel_max_element(where, elements, less, key) ==
                     std::ranges::max_element(elements, less, key);
        }) == "");
}

TEST_CASE("extremes by another order and by the default one", "[algorithm]") {
  beat::ThreadPool& pool = random_inputs::pool_of<beat::ThreadPool>(2);
  std::vector<int> const numbers{3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 9};
  CHECK(beat::parallel_min_element(pool, numbers) == numbers.begin() + 1);
  CHECK(beat::parallel_min_element(pool, numbers, std::greater<>{}) == numbers.begin() + 5);
  CHECK(beat::parallel_max_element(beat::here(), numbers) == numbers.begin() + 5);
  CHECK(beat::parallel_minmax_element(pool, numbers).max == numbers.begin() + 11);
  CHECK(beat::parallel_minmax_element(pool, std::span<int const>{}).max == std::span<int const>{}.end());
}

TEST_CASE("a search for extremes that throws at any of its comparisons throws exactly that", "[algorithm]") {
  unsigned const workers = GENERATE(1U, 4U);
  auto& pool = random_inputs::pool_of<random_inputs::eager_pool>(workers);
  using random_inputs::fragile;
  long const blown = random_inputs::blow_each([&](random_inputs::fuse& fuse) {
    std::vector<fragile> elements;
    elements.reserve(40);
    for (int i = 0; i < 40; ++i) elements.emplace_back(i * 21 % 32);
    auto const itself = random_inputs::with_fuse(fuse, [](fragile const& e) -> fragile const& {
      random_inputs::hand_over();
      return e;
    });
    auto const [least, greatest] = beat::parallel_minmax_element(pool, elements, std::less<>{}, itself);
    if (least->value != 0 || greatest->value != 31) throw least->value;
    if (beat::parallel_min_element(pool, elements, std::less<>{}) != least) throw 0;
    if (beat::parallel_max_element(pool, elements, std::less<>{})->value != 31) throw 0;
  });
  CHECK(blown >= 4 * 40);
}

TEST_CASE("a search for extremes can be stopped", "[algorithm]") {
  beat::ThreadPool& pool = random_inputs::pool_of<beat::ThreadPool>(2);
  std::stop_source stop;
  std::error_code code;
  auto const request = [&](int i) {
    if (i == 1000) stop.request_stop();
    return i;
  };
  try {
    static_cast<void>(
        beat::parallel_min_element(pool, std::views::iota(0, 1'000'000), {}, request, {.stop = stop.get_token()}));
  } catch (beat::error const& e) {
    code = e.code();
  }
  CHECK(code == beat::errc::cancelled);
}
