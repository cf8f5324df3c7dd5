// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <beat/base/random.hpp>
#include <cstdint>
#include <limits>
#include <numeric>
#include <random>
#include <set>
#include <vector>

#include "catch.hpp"

static_assert(std::uniform_random_bit_generator<beat::random>);
static_assert(beat::random{1}.below(10) < 10, "usable in a constant expression");

TEST_CASE("the generator yields the published sequence of SplitMix64", "[unit]") {
  beat::random generator{1234567};
  std::vector<std::uint64_t> drawn(5);
  std::generate(drawn.begin(), drawn.end(), [&generator] { return generator.next(); });
  REQUIRE(drawn == std::vector<std::uint64_t>{6457827717110365317U, 3203168211198807973U, 9817491932198370423U,
                                              4593380528125082431U, 16408922859458223821U});
}

TEST_CASE("the same seed gives the same sequence, another seed another one", "[unit]") {
  beat::random first{42};
  beat::random second{42};
  std::set<std::uint64_t> first_numbers;
  for (int i = 0; i < 100; ++i) {
    std::uint64_t const number = first.next();
    first_numbers.insert(number);
    REQUIRE(number == second());
  }
  REQUIRE(first_numbers.size() == 100);
  for (std::uint64_t seed = 0; seed < 42; ++seed) {
    REQUIRE(first_numbers.count(beat::random{seed}.next()) == 0);
  }
}

TEST_CASE("below stays below its bound and reaches every value", "[unit]") {
  beat::random generator{7};
  for (std::uint32_t bound : {1U, 2U, 3U, 7U, 64U}) {
    std::set<std::uint32_t> seen;
    for (int i = 0; i < 2000; ++i) {
      seen.insert(generator.below(bound));
    }
    REQUIRE(seen.size() == bound);
    REQUIRE(*seen.rbegin() == bound - 1);
  }
  REQUIRE(generator.below(0) == 0);
  std::uint32_t largest = 0;
  for (int i = 0; i < 1000; ++i) {
    largest = std::max(largest, generator.below(std::numeric_limits<std::uint32_t>::max()));
  }
  REQUIRE(largest > 0xF0000000U);
}

TEST_CASE("below is close to uniform", "[unit]") {
  constexpr int draws = 60'000;
  std::array<int, 6> counts{};
  beat::random generator{99};
  for (int i = 0; i < draws; ++i) {
    ++counts[generator.below(6)];
  }
  double chi_squared = 0;
  for (int const count : counts) {
    double const difference = count - draws / 6.0;
    chi_squared += difference * difference / (draws / 6.0);
  }
  REQUIRE(chi_squared < 20.5);  // 5 degrees of freedom: a fair die exceeds this once in a thousand seeds
}

TEST_CASE("the generator drives the standard algorithms", "[unit]") {
  std::vector<int> numbers(100);
  std::iota(numbers.begin(), numbers.end(), 0);
  auto const sorted = numbers;
  std::shuffle(numbers.begin(), numbers.end(), beat::random{5});
  REQUIRE(numbers != sorted);
  REQUIRE(std::is_permutation(numbers.begin(), numbers.end(), sorted.begin()));
}
