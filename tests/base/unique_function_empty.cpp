// SPDX-License-Identifier: MIT
#undef NDEBUG  // this file tests an assertion, whatever the build type
#include <beat/base/unique_function.hpp>

#include "catch.hpp"
#include "dies.hpp"

namespace {

struct local_tag {};  // keeps the signature, and so the code with the assertion, inside this file

}  // namespace

TEST_CASE("calling an empty function says what to do and aborts", "[unit]") {
  auto const child = beat_test::run_in_child([] { beat::unique_function<void(local_tag)>{}(local_tag{}); });
  INFO(child.output);
  REQUIRE(child.aborted);
  REQUIRE(child.output.find("store a callable in it first") != std::string::npos);
}
