// SPDX-License-Identifier: MIT
#ifndef NDEBUG
#define NDEBUG  // this file tests the inactive form, whatever the build type
#endif
#include <beat/base/assert.hpp>

#include "catch.hpp"

TEST_CASE("with NDEBUG an assertion evaluates neither its condition nor its message", "[unit]") {
  int evaluated = 0;
  auto const message = [&evaluated] {
    ++evaluated;
    return "not read";
  };
  BEAT_ASSERT(++evaluated == 7, message());
  REQUIRE(evaluated == 0);
}

TEST_CASE("with NDEBUG a variable used only by an assertion causes no warning", "[unit]") {
  int const only_asserted = 1;
  BEAT_ASSERT(only_asserted == 1, "compiled, not run");
  SUCCEED("this file compiles with every warning an error");
}
