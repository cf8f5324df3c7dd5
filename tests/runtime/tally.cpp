// SPDX-License-Identifier: MIT
// The tally: who is told that a group is empty. That nobody waits for ever: tests/model/tally.cpp.

#include <beat/base/atomics.hpp>
#include <beat/runtime/tally.hpp>

#include "catch.hpp"

using tally = beat::tally<beat::std_atomics>;

TEST_CASE("a tally tells only who waits, and only of the last task", "[unit]") {
  tally t;
  CHECK(t.is_empty());
  t.add();
  CHECK_FALSE(t.is_empty());
  CHECK_FALSE(t.leave());  // the last one, but nobody waits
  CHECK(t.is_empty());

  t.add();
  t.add();
  CHECK_FALSE(t.announce());
  CHECK_FALSE(t.leave());
  CHECK_FALSE(t.is_empty());
  CHECK(t.leave());
  CHECK(t.is_empty());
}

TEST_CASE("a tally that is empty says so to who announces a wait, and can be used again", "[unit]") {
  tally t;
  CHECK(t.announce());
  t.reset();
  t.add();
  CHECK_FALSE(t.leave());
}
