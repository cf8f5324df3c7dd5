// SPDX-License-Identifier: MIT
// The gate: what it counts, when it is quiet, and whom it refuses.

#include <atomic>
#include <beat/base/atomics.hpp>
#include <beat/runtime/gate.hpp>
#include <thread>
#include <vector>

#include "catch.hpp"

namespace {

using gate = beat::gate<beat::std_atomics>;

}  // namespace

TEST_CASE("a gate is quiet when as many went out as came in", "[unit]") {
  gate g;
  CHECK(g.quiet());
  REQUIRE(g.admit(false));
  REQUIRE(g.admit(true));
  CHECK_FALSE(g.quiet());
  CHECK(g.admitted() == 2);
  CHECK_FALSE(g.finish(1));
  CHECK_FALSE(g.quiet());
  CHECK(g.finish(1));  // the one that makes it quiet is told
  CHECK(g.quiet());
  REQUIRE(g.admit(false));
  REQUIRE(g.admit(false));
  CHECK(g.finish(2));
}

TEST_CASE("a closed gate admits what its own tasks submit and nothing else", "[unit]") {
  gate g;
  REQUIRE(g.admit(false));
  CHECK_FALSE(g.is_closed());
  g.close();
  g.close();
  CHECK(g.is_closed());
  CHECK_FALSE(g.admit(false));
  CHECK(g.admit(true));
  CHECK(g.admitted() == 2);
  CHECK_FALSE(g.quiet());
  CHECK(g.finish(2));
  CHECK(g.quiet());
}

TEST_CASE("a gate that closes while many enter counts each of them", "[unit]") {
  for (int round = 0; round < 50; ++round) {
    gate g;
    std::atomic<std::uint64_t> entered{0};
    std::atomic<int> said_quiet{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&] {
        while (g.admit(false)) {
          ++entered;
          if (g.finish(1)) ++said_quiet;
        }
      });
    std::this_thread::yield();
    g.close();
    for (std::thread& t : threads) t.join();
    REQUIRE(g.admitted() == entered);
    REQUIRE(g.quiet());
    REQUIRE((entered == 0 || said_quiet > 0));
  }
}
