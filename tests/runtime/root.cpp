// SPDX-License-Identifier: MIT
// Roots: a type that took long is shared from its first fork on; a short one keeps its forks to itself.

#include <beat.hpp>
#include <chrono>

#include "catch.hpp"

namespace {

void spin(std::chrono::microseconds duration) {
  for (auto const end = std::chrono::steady_clock::now() + duration; std::chrono::steady_clock::now() < end;) {
  }
}

}  // namespace

TEST_CASE("a root of a long type publishes its first fork unasked", "[unit]") {
  beat::ThreadPool pool{2};
  int const rounds = 20;
  for (int i = 0; i < rounds; ++i)
    pool.run(
        [] { beat::join([] { spin(std::chrono::microseconds{300}); }, [] {}); });  // forks once, before it is asked
  CHECK(pool.stats().published > rounds / 2);                                      // a pool whose thief is late is busy
}

TEST_CASE("a root of a short type keeps its forks to itself", "[unit]") {
  beat::ThreadPool pool{2};
  int const rounds = 1000;
  for (int i = 0; i < rounds; ++i) pool.run([] { beat::join([] {}, [] {}); });
  CHECK(pool.stats().published < rounds / 2);  // the first one is not known to be short yet
}

TEST_CASE("a root in a pool of one worker shares nothing", "[unit]") {
  beat::ThreadPool pool{1};
  for (int i = 0; i < 20; ++i) pool.run([] { beat::join([] { spin(std::chrono::microseconds{300}); }, [] {}); });
  CHECK(pool.stats().published == 0);
}
