// SPDX-License-Identifier: MIT
#include <any>
#include <beat/base/expected.hpp>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "catch.hpp"
#include "dies.hpp"

using beat::errc;
using beat::expected;
using beat::unexpected;

namespace {

expected<std::string> greet(bool succeed) {
  if (!succeed) {
    return unexpected{errc::queue_full};
  }
  return "hello";
}

expected<void> push(bool succeed) {
  if (!succeed) {
    return unexpected{errc::pool_shutdown};
  }
  return {};
}

static_assert(!std::is_convertible_v<errc, expected<std::string>>, "an error is always marked as unexpected");
static_assert(!std::is_copy_constructible_v<expected<std::unique_ptr<int>>>);
static_assert(std::is_nothrow_move_constructible_v<expected<std::unique_ptr<int>>>);
static_assert(expected<int>{3}.value() == 3 && *expected<int>{4} == 4 && expected<int>{5}.value_or(6) == 5);

}  // namespace

TEST_CASE("an expected with a value gives the value", "[unit]") {
  auto result = greet(true);
  REQUIRE(result.has_value());
  REQUIRE(result);
  REQUIRE(result.value() == "hello");
  REQUIRE(*result == "hello");
  REQUIRE(result->size() == 5);
  REQUIRE(result.value_or("bye") == "hello");
  REQUIRE_FALSE(result.error());

  auto const& constant = result;
  REQUIRE(constant.value() == "hello");
  REQUIRE(*constant == "hello");
  REQUIRE(constant->size() == 5);

  result->push_back('!');
  REQUIRE(*result == "hello!");
}

TEST_CASE("an expected with an error gives the error, and value() throws it", "[unit]") {
  auto const result = greet(false);
  REQUIRE_FALSE(result.has_value());
  REQUIRE_FALSE(result);
  REQUIRE(result.error() == errc::queue_full);
  REQUIRE(result.value_or("bye") == "bye");
  REQUIRE(greet(false).value_or("bye") == "bye");
  REQUIRE_THROWS_AS(result.value(), beat::error);
  try {
    static_cast<void>(greet(false).value());
  } catch (beat::error const& thrown) {
    REQUIRE(thrown.code() == errc::queue_full);
  }
}

TEST_CASE("value() throws a foreign code as std::system_error, not as beat::error", "[unit]") {
  expected<int> const result = unexpected{std::make_error_code(std::errc::no_such_file_or_directory)};
  bool as_beat_error = false;
  std::error_code caught;
  try {
    static_cast<void>(result.value());
  } catch (beat::error const&) {
    as_beat_error = true;
  } catch (std::system_error const& thrown) {
    caught = thrown.code();
  }
  REQUIRE_FALSE(as_beat_error);
  REQUIRE(caught == std::errc::no_such_file_or_directory);
}

TEST_CASE("a move-only value moves through an expected", "[unit]") {
  expected<std::unique_ptr<int>> first = std::make_unique<int>(7);
  expected<std::unique_ptr<int>> second = std::move(first);
  REQUIRE(**second == 7);
  std::unique_ptr<int> const taken = std::move(second).value();
  REQUIRE(*taken == 7);
  std::unique_ptr<int> const replaced = expected<std::unique_ptr<int>>{unexpected{errc::cancelled}}.value_or(nullptr);
  REQUIRE(replaced == nullptr);
}

TEST_CASE("using the value of an expected that holds an error ends the program", "[unit]") {
  auto result = greet(false);
  REQUIRE(beat_test::run_in_child([&result] { result->clear(); }).aborted);
  REQUIRE(beat_test::run_in_child([&result] { static_cast<void>(std::string{*result}); }).aborted);
}

TEST_CASE("an expected is assigned in every direction", "[unit]") {
  auto result = greet(true);
  result = greet(false);
  REQUIRE(result.error() == errc::queue_full);
  result = unexpected{errc::cancelled};
  REQUIRE(result.error() == errc::cancelled);
  result = "again";
  REQUIRE(*result == "again");
  auto const copy = result;
  REQUIRE(*copy == *result);
}

TEST_CASE("a default-constructed expected holds a default value", "[unit]") {
  REQUIRE(expected<int>{}.value() == 0);
  REQUIRE(expected<std::error_code>{}.has_value());
}

TEST_CASE("an expected may hold an error code as its value", "[unit]") {
  expected<std::error_code> const result = make_error_code(errc::cancelled);
  REQUIRE(result.has_value());
  REQUIRE(*result == errc::cancelled);
  REQUIRE_FALSE(result.error());
}

TEST_CASE("an unexpected makes an error even where the value type accepts anything", "[unit]") {
  expected<std::any> const result = unexpected{errc::cancelled};
  REQUIRE_FALSE(result.has_value());
  REQUIRE(result.error() == errc::cancelled);
  REQUIRE(std::any_cast<int>(*expected<std::any>{3}) == 3);
}

TEST_CASE("expected<void> is success or an error", "[unit]") {
  REQUIRE(push(true));
  REQUIRE(push(true).has_value());
  REQUIRE_FALSE(push(true).error());
  REQUIRE_NOTHROW(push(true).value());

  REQUIRE_FALSE(push(false));
  REQUIRE(push(false).error() == errc::pool_shutdown);
  REQUIRE_THROWS_AS(push(false).value(), beat::error);

  auto result = push(false);
  result = push(true);
  REQUIRE(result);
}
