// SPDX-License-Identifier: MIT
// try_parallel_map and its result: each element's value or error at its position.

#include <algorithm>
#include <beat.hpp>
#include <concepts>
#include <exception>
#include <memory>
#include <ranges>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "random_inputs.hpp"

namespace {

template <class F>
concept can_try_map =
    requires(beat::ThreadPool& pool, std::vector<int>& input, F f) { beat::try_parallel_map(pool, input, f); };
static_assert(can_try_map<int (*)(int)>);
static_assert(!can_try_map<void (*)(int)>);
static_assert(!can_try_map<beat::expected<void> (*)(int)>);

using result_by_code = beat::parallel_result<std::unique_ptr<int>, std::error_code>;
static_assert(
    std::same_as<beat::try_mapped_t<beat::expected<std::unique_ptr<int>> (*)(int), std::vector<int>&>, result_by_code>);

}  // namespace

TEST_CASE("try_parallel_map keeps values and errors at their positions", "[algorithm]") {
  CHECK(random_inputs::first_wrong(
            [](beat::context where, beat::random& random, std::size_t size) {
              std::vector<int> const input = random_inputs::random_numbers(random, size);
              int const modulus = 1 + static_cast<int>(random.below(20));
              auto const is_bad = [=](int n) { return n % modulus == 1; };
              auto const result = beat::try_parallel_map(where, input, [&](int n) {
                random_inputs::hand_over();
                if (is_bad(n)) throw n;
                return random_inputs::move_only{n};
              });
              std::size_t errors = 0;
              for (std::size_t i = 0; i < size; ++i) {
                if (result[i].has_value() == is_bad(input[i])) return false;
                if (result[i] && result[i]->value != input[i]) return false;
                if (result[i]) continue;
                if (errors == 0 && result.first_error()->index != i) return false;
                if (result.errors()[errors++].index != i) return false;
              }
              return result.errors().size() == errors && result.has_all() == (errors == 0) && result.size() == size &&
                     (result.first_error() == nullptr) == (errors == 0) &&
                     static_cast<std::size_t>(std::ranges::distance(result.values())) == size - errors;
            },
            build_kind::is_sanitized ? 1'000 : 20'000) == "");
  CHECK(random_inputs::move_only::live == 0);
}

TEST_CASE("a result without errors gives its values, another one throws all its errors", "[algorithm]") {
  beat::ThreadPool& pool = random_inputs::pool_of<beat::ThreadPool>(2);
  auto const half = [](int i) {
    if (i % 2 != 0) throw std::invalid_argument{std::to_string(i) + " is odd"};
    return i / 2;
  };
  auto const even = std::views::iota(0, 100) | std::views::transform([](int i) { return 2 * i; });
  auto const good = beat::try_parallel_map(pool, even, half);
  std::vector<int> const values = good.value_or_throw();
  CHECK(std::ranges::equal(values, std::views::iota(0, 100)));
  CHECK(good);

  auto bad = beat::try_parallel_map(pool, std::views::iota(0, 10), half);
  CHECK(!bad);
  CHECK(std::ranges::equal(bad.values(), std::views::iota(0, 5)));
  CHECK_THROWS_AS(std::rethrow_exception(bad.first_error()->error), std::invalid_argument);
  try {
    static_cast<void>(std::move(bad).value_or_throw());
    FAIL("no exception");
  } catch (beat::aggregate_error const& e) {
    CHECK(e.errors().size() == 5);
    CHECK(e.elements() == 10);
    CHECK(std::string{e.what()}.find("5 of 10 elements failed, the first at index 1: 1 is odd") == 0);
  }
}

TEST_CASE("a function that returns an expected fails by its error", "[algorithm]") {
  beat::ThreadPool& pool = random_inputs::pool_of<beat::ThreadPool>(2);
  auto const positive = [](int i) -> beat::expected<std::unique_ptr<int>> {
    if (i < 0) throw i;
    if (i == 3) return beat::unexpected{make_error_code(beat::errc::overloaded)};
    return std::make_unique<int>(i);
  };
  result_by_code result = beat::try_parallel_map(pool, std::views::iota(0, 5), positive);
  REQUIRE(result.first_error() != nullptr);
  CHECK(result.first_error()->index == 3);
  CHECK(result.first_error()->error == beat::errc::overloaded);
  CHECK(!result[3]);
  CHECK(**result[4] == 4);
  CHECK_THROWS_AS(std::move(result).value_or_throw(), beat::aggregate_error);
  CHECK(**result[4] == 4);  // nothing was moved
  CHECK_THROWS_AS(beat::try_parallel_map(pool, std::views::iota(-5, 5), positive), int);
}

TEST_CASE("a map that collects errors can be stopped", "[algorithm]") {
  beat::ThreadPool& pool = random_inputs::pool_of<beat::ThreadPool>(2);
  std::stop_source stop;
  auto const body = [&](int i) {
    if (i == 100) stop.request_stop();
    if (i % 2 != 0) throw i;
    return i;
  };
  std::error_code code;
  try {
    static_cast<void>(beat::try_parallel_map(pool, std::views::iota(0, 100'000), body, {.stop = stop.get_token()}));
  } catch (beat::error const& e) {
    code = e.code();
  }
  CHECK(code == beat::errc::cancelled);
}
