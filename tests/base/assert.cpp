// SPDX-License-Identifier: MIT
#undef NDEBUG  // this file tests the active form, whatever the build type
#include <beat/base/assert.hpp>
#include <string>

#include "catch.hpp"
#include "dies.hpp"

namespace {

constexpr int half(int even) {
  BEAT_ASSERT(even % 2 == 0, "pass an even number");
  return even / 2;
}

static_assert(half(4) == 2, "an assertion that holds is allowed in a constant expression");

}  // namespace

TEST_CASE("an assertion that holds has no effect but its condition's", "[unit]") {
  int evaluated = 0;
  BEAT_ASSERT(++evaluated == 1, "the condition runs once");
  REQUIRE(evaluated == 1);
}

TEST_CASE("an assertion that fails names its place, its condition and what to do, and aborts", "[unit]") {
  int const line_before = __LINE__;
  auto const child = beat_test::run_in_child([] { BEAT_ASSERT(half(2) == 7, "pass fourteen"); });
  INFO(child.output);
  REQUIRE(child.aborted);
  REQUIRE(child.output.find("assert.cpp:" + std::to_string(line_before + 1) + ":") != std::string::npos);
  REQUIRE(child.output.find("half(2) == 7") != std::string::npos);
  REQUIRE(child.output.find("pass fourteen") != std::string::npos);
}
