// SPDX-License-Identifier: MIT
// parallel_count and parallel_count_if: the number that std::ranges counts, and what throws.

#include <algorithm>
#include <beat.hpp>
#include <concepts>
#include <ranges>
#include <stop_token>
#include <string>
#include <system_error>
#include <vector>

#include "catch.hpp"
#include "random_inputs.hpp"

namespace {

template <class T>
concept can_count = requires(beat::ThreadPool& pool, std::vector<int>& range, T value) {
  { beat::parallel_count(pool, range, value) } -> std::same_as<std::ptrdiff_t>;
};
static_assert(can_count<long>);
static_assert(!can_count<std::string>);

}  // namespace

TEST_CASE("parallel_count and parallel_count_if count as the serial ones do", "[algorithm]") {
  CHECK(random_inputs::first_wrong([](beat::context where, beat::random& random, std::size_t size) {
          auto const elements = random_inputs::to_move_only(random_inputs::random_numbers(random, size));
          int const value = static_cast<int>(random.below(static_cast<std::uint32_t>(size) / 2 + 2));
          auto const shifted = [](random_inputs::move_only const& e) {
            random_inputs::hand_over();
            return e.value + 1;
          };
          auto const is_large = [value](int n) { return n > value; };
          return beat::parallel_count(where, elements, value, shifted) ==
                     std::ranges::count(elements, value, shifted) &&
                 beat::parallel_count_if(where, elements, is_large, shifted) ==
                     std::ranges::count_if(elements, is_large, shifted);
        }) == "");
}

TEST_CASE("a count that throws at any of its calls throws exactly that", "[algorithm]") {
  unsigned const workers = GENERATE(1U, 4U);
  auto& pool = random_inputs::pool_of<random_inputs::eager_pool>(workers);
  long const blown = random_inputs::blow_each([&](random_inputs::fuse& fuse) {
    auto const is_odd = random_inputs::with_fuse(fuse, [](int n) { return n % 2 != 0; });
    auto const shifted = random_inputs::with_fuse(fuse, [](int n) { return random_inputs::hand_over(), n + 1; });
    auto const count = beat::parallel_count_if(pool, std::views::iota(0, 41), is_odd, shifted);
    if (count != 21) throw count;
  });
  CHECK(blown == 2 * 41);
}

TEST_CASE("a count can be stopped", "[algorithm]") {
  beat::ThreadPool& pool = random_inputs::pool_of<beat::ThreadPool>(2);
  std::stop_source stop;
  std::error_code code;
  auto const request = [&](int i) { return i == 1000 && stop.request_stop(); };
  try {
    static_cast<void>(
        beat::parallel_count_if(pool, std::views::iota(0, 1'000'000), request, {}, {.stop = stop.get_token()}));
  } catch (beat::error const& e) {
    code = e.code();
  }
  CHECK(code == beat::errc::cancelled);
}
