// SPDX-License-Identifier: MIT
// The lane: what is forked again is shared where somebody asked for it.

#include <beat.hpp>
#include <cstdint>

#include "catch.hpp"

using beat::joined;

TEST_CASE("a request is answered when a job is forked again", "[unit]") {
  beat::ThreadPool pool{1};  // so nobody takes what is published
  pool.run([](beat::context where) {
    beat::detail::lane& l = where.lane();
    beat::detail::job job{};
    auto const is_public = [&] { return l.stack.for_thieves().look().has_public(); };
    std::uint32_t const index = l.fork(&job);
    REQUIRE(l.stack.pop(index) == joined::kept);
    l.fork_again(index);
    CHECK_FALSE(is_public());
    REQUIRE(l.stack.pop(index) == joined::kept);
    l.stack.request();
    l.fork_again(index);
    CHECK(is_public());
    CHECK_FALSE(l.stack.is_requested());
    CHECK(l.stack.pop(index) == joined::kept);
  });
}
