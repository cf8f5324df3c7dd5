// SPDX-License-Identifier: MIT
// Error and chunk policies beyond loops and maps: what arrives, and that results are the same by all of them.

#include <algorithm>
#include <array>
#include <atomic>
#include <beat.hpp>
#include <cstddef>
#include <functional>
#include <numeric>
#include <stop_token>
#include <vector>

#include "algorithm/random_inputs.hpp"
#include "catch.hpp"
#include "task/support.hpp"

namespace {

namespace policies {

using beat::error_policy;
using random_inputs::hand_over;

/// What an element throws.
struct bad {
  std::size_t index;
};

/// Elements below `size`, of which some throw when they are looked at; and how an algorithm is to go over them.
struct input {
  std::vector<std::size_t> indexes;
  std::vector<std::size_t> failing;
  beat::loop_options options;

  input(beat::random& random, std::size_t size) : indexes(size) {
    std::iota(indexes.begin(), indexes.end(), std::size_t{0});
    if (size != 0 && random.below(3) == 0)
      for (std::uint32_t left = 1 + random.below(4); left != 0; --left)
        failing.push_back(random.below(static_cast<std::uint32_t>(size)));
    std::sort(failing.begin(), failing.end());
    failing.erase(std::unique(failing.begin(), failing.end()), failing.end());
    constexpr std::array errors{error_policy::fail_fast, error_policy::collect_all, error_policy::first_by_index};
    constexpr std::array cuts{beat::chunks::adaptive, beat::chunks::even, beat::chunks::guided, beat::chunks::grain<5>};
    options.errors = errors.at(random.below(3));
    options.chunks = cuts.at(random.below(4));
  }

  std::size_t look_at(std::size_t i) const {
    hand_over();
    if (std::binary_search(failing.begin(), failing.end(), i)) throw bad{i};
    return i;
  }

  /// Whether `f`, which looks at each element, throws what the policy says; where no element fails, returns true
  /// itself.
  template <class F>
  bool keeps_policy(bool is_independent, F f) const {
    try {
      return f() && failing.empty();
    } catch (bad const& e) {
      if (options.errors == error_policy::fail_fast) return std::binary_search(failing.begin(), failing.end(), e.index);
      bool const wants_all = options.errors == error_policy::collect_all && is_independent;
      return !wants_all && !failing.empty() && e.index == failing.front();
    } catch (beat::aggregate_error const& e) {
      std::vector<std::size_t> all;
      for (auto const& each : e.errors()) all.push_back(each.index);
      return options.errors == error_policy::collect_all && is_independent && all == failing;
    }
  }
};

}  // namespace policies

}  // namespace

TEST_CASE("counts, filters and tiles keep every policy", "[algorithm]") {
  CHECK(random_inputs::first_wrong([](beat::context where, beat::random& random, std::size_t size) {
          policies::input const in{random, size};
          auto const look = [&](std::size_t i) { return in.look_at(i); };
          auto const is_third = [](std::size_t i) { return i % 3 == 1; };
          auto const expected = static_cast<std::size_t>(std::count_if(in.indexes.begin(), in.indexes.end(), is_third));
          bool const counts = in.keeps_policy(true, [&] {
            auto const found = beat::parallel_count_if(where, in.indexes, is_third, look, in.options);
            return static_cast<std::size_t>(found) == expected;
          });
          bool const filters = in.keeps_policy(true, [&] {
            auto const found = beat::parallel_filter(where, in.indexes, is_third, look, in.options);
            return found.size() == expected && std::all_of(found.begin(), found.end(), is_third) &&
                   std::is_sorted(found.begin(), found.end());
          });
          bool const goes_over_tiles = in.keeps_policy(true, [&] {
            std::atomic<std::size_t> sum{0};
            beat::parallel_for(where, {size, 1}, [&](std::size_t i, std::size_t j) { sum += look(i) + j; }, in.options);
            return sum == size * (size + 1) / 2 - size;
          });
          return counts && filters && (size == 0 || goes_over_tiles);
        }) == "");
}

TEST_CASE("reductions keep every policy", "[algorithm]") {
  CHECK(random_inputs::first_wrong([](beat::context where, beat::random& random, std::size_t size) {
          policies::input const in{random, size};
          auto const look = [&](std::size_t i) { return random_inputs::make_affine(static_cast<int>(in.look_at(i))); };
          random_inputs::affine expected{5, 6};
          for (std::size_t const i : in.indexes)
            expected = random_inputs::then(expected, random_inputs::make_affine(static_cast<int>(i)));
          bool const reduces = in.keeps_policy(false, [&] {
            return beat::parallel_reduce(where, in.indexes, random_inputs::affine{5, 6}, random_inputs::then, look,
                                         in.options) == expected;
          });
          bool const reduces_always_alike = in.keeps_policy(false, [&] {
            return beat::parallel_deterministic_reduce(where, in.indexes, random_inputs::affine{5, 6},
                                                       random_inputs::then, look, in.options) == expected;
          });
          return reduces && reduces_always_alike;
        }) == "");
}

TEST_CASE("tiles by a policy have the positions of their rows", "[algorithm]") {
  beat::ThreadPool pool{2};
  std::vector<std::atomic<int>> calls(4 * 5 * 6);
  auto const body = [&](std::size_t i, std::size_t j, std::size_t k) {
    ++calls[(i * 5 + j) * 6 + k];
    if (k == 3 && j == i) throw static_cast<int>(i);
  };
  std::vector<std::size_t> failed;
  try {
    beat::parallel_for(pool, {4, 5, 6}, body, {.errors = beat::error_policy::collect_all});
  } catch (beat::aggregate_error const& e) {
    for (auto const& each : e.errors()) failed.push_back(each.index);
  }
  CHECK(failed == std::vector<std::size_t>{3, 39, 75, 111});
  CHECK(std::all_of(calls.begin(), calls.end(), [](auto const& c) { return c == 1; }));
}

TEST_CASE("counts and reductions by a policy can be stopped", "[algorithm]") {
  beat::ThreadPool pool{2};
  auto const errors =
      GENERATE(beat::error_policy::fail_fast, beat::error_policy::collect_all, beat::error_policy::first_by_index);
  std::vector<int> const numbers(100'000, 1);
  std::stop_source source;
  std::atomic<int> calls{0};
  beat::loop_options const options{source.get_token(), errors, beat::chunks::grain<500>};
  auto const stops = [&](int n) {
    if (++calls == 1000) source.request_stop();
    return n;
  };
  CHECK(task_test::error_of([&] {
          static_cast<void>(beat::parallel_reduce(pool, numbers, 0, std::plus<>{}, stops, options));
        }) == beat::errc::cancelled);
  CHECK(calls < 1100);
  CHECK(task_test::error_of([&] { static_cast<void>(beat::parallel_count(pool, numbers, 1, stops, options)); }) ==
        beat::errc::cancelled);
  CHECK(calls < 1100);
}
