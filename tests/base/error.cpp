// SPDX-License-Identifier: MIT
#include <beat/base/error.hpp>
#include <set>
#include <string>
#include <type_traits>

#include "catch.hpp"

using beat::errc;

namespace {

constexpr errc every_code[] = {
    errc::invalid_argument, errc::pool_shutdown, errc::cancelled,  errc::self_wait,
    errc::size_mismatch,    errc::no_state,      errc::queue_full, errc::thread_creation_failed,
    errc::not_supported,    errc::overloaded,    errc::abandoned,  errc::elements_failed,
    errc::deadline_exceeded};

bool contains(std::string const& text, std::string const& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("every code has a sentence of its own", "[unit]") {
  std::set<std::string> messages;
  for (errc const code : every_code) {
    std::string const message = make_error_code(code).message();
    INFO(message);
    REQUIRE(message.size() > 30);
    REQUIRE(message.back() == '.');
    REQUIRE(messages.insert(message).second);
  }
}

TEST_CASE("a number that is no code is called so", "[unit]") {
  REQUIRE(contains(beat::category().message(0), "no beat error code"));
  REQUIRE(contains(beat::category().message(1000), "no beat error code"));
}

TEST_CASE("a code compares with std::error_code by value and category", "[unit]") {
  std::error_code const code = errc::queue_full;
  REQUIRE(std::string{code.category().name()} == "beat");
  REQUIRE(code == errc::queue_full);
  REQUIRE(code != errc::cancelled);
  REQUIRE(std::error_code{static_cast<int>(errc::queue_full), std::generic_category()} != errc::queue_full);
  for (errc const each : every_code) {
    REQUIRE(make_error_code(each));  // none is 0, which would mean success
  }
}

TEST_CASE("the exception carries its code and its text, and is a std::system_error", "[unit]") {
  static_assert(std::is_base_of_v<std::system_error, beat::error>);

  beat::error const plain{errc::cancelled};
  REQUIRE(plain.code() == errc::cancelled);
  REQUIRE(contains(plain.what(), make_error_code(errc::cancelled).message()));

  beat::error const detailed{errc::invalid_argument, "workers is 0"};
  REQUIRE(detailed.code() == errc::invalid_argument);
  REQUIRE(contains(detailed.what(), "workers is 0"));
}

TEST_CASE("throw_error throws a beat::error with code and text", "[unit]") {
  try {
    beat::detail::throw_error(errc::no_state, "get() was called twice");
  } catch (beat::error const& thrown) {
    REQUIRE(thrown.code() == errc::no_state);
    REQUIRE(contains(thrown.what(), "get() was called twice"));
  }
}
