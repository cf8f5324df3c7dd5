// SPDX-License-Identifier: MIT
// Loops, maps, reductions and sorts against what serial code does, for random inputs of every size: each chunk policy,
// each error policy, elements that throw, elements that can only be moved, and operations that do not commute.

#include <algorithm>
#include <array>
#include <atomic>
#include <beat.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <numeric>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "random_inputs.hpp"

namespace {

namespace properties {

using random_inputs::affine;
using random_inputs::hand_over;
using random_inputs::move_only;

/// What an element throws.
struct thrown {
  std::size_t index;
};

/// Some indexes below `size`, mostly none.
std::vector<std::size_t> some_below(beat::random& random, std::size_t size) {
  std::vector<std::size_t> some;
  if (size == 0 || random.below(4) != 0) return some;
  for (std::uint32_t left = 1 + random.below(3); left != 0; --left)
    some.push_back(random.below(static_cast<std::uint32_t>(size)));
  std::sort(some.begin(), some.end());
  some.erase(std::unique(some.begin(), some.end()), some.end());
  return some;
}

/// Whether a loop over `size` elements, of which those in `failing` throw, does what its policy says. `loop(body)`
/// calls body(i) for each.
template <class Loop>
bool keeps(beat::error_policy errors, std::size_t size, std::vector<std::size_t> const& failing, Loop loop) {
  std::vector<unsigned char> calls(size);
  auto const is_failing = [&](std::size_t i) { return std::binary_search(failing.begin(), failing.end(), i); };
  std::vector<std::size_t> arrived;
  try {
    loop([&](std::size_t i) {
      hand_over();
      ++calls[i];
      if (is_failing(i)) throw thrown{i};
    });
  } catch (thrown const& t) {
    arrived.push_back(t.index);
  } catch (beat::aggregate_error const& e) {
    for (auto const& each : e.errors()) arrived.push_back(each.index);
  }
  if (std::any_of(calls.begin(), calls.end(), [](int c) { return c > 1; })) return false;
  std::size_t const begun_for_sure = errors == beat::error_policy::collect_all || failing.empty() ? size
                                     : errors == beat::error_policy::first_by_index               ? failing.front() + 1
                                                                                                  : 0;
  if (std::any_of(calls.begin(), calls.begin() + static_cast<std::ptrdiff_t>(begun_for_sure),
                  [](int c) { return c == 0; }))
    return false;
  if (failing.empty()) return arrived.empty();
  if (errors == beat::error_policy::collect_all) return arrived == failing;
  return arrived.size() == 1 && is_failing(arrived[0]) &&
         (errors == beat::error_policy::fail_fast || arrived[0] == failing[0]);
}

/// Whether parallel_sort sorts numbers, by a comparison of which the `failing`-th call throws (0: none), and then loses
/// none.
bool sorts(beat::context where, std::vector<int> numbers, long failing) {
  std::vector<int> expected = numbers;
  std::sort(expected.begin(), expected.end(), std::greater<>{});
  random_inputs::fuse fuse{failing};
  bool has_failed = false;
  try {
    beat::parallel_sort(where, numbers,
                        random_inputs::with_fuse(fuse, [](int a, int b) { return hand_over(), a > b; }));
  } catch (random_inputs::fuse::blown const&) {
    has_failed = true;
    std::sort(numbers.begin(), numbers.end(), std::greater<>{});
  }
  return numbers == expected && has_failed == (failing != 0 && fuse.calls() >= failing);
}

}  // namespace properties

}  // namespace

TEST_CASE("loops of every policy visit every element once, and throw what the policy says", "[algorithm]") {
  using namespace properties;
  CHECK(random_inputs::first_wrong([](beat::context where, beat::random& random, std::size_t size) {
          std::vector<std::size_t> const failing = some_below(random, size);
          constexpr std::array kinds{beat::error_policy::fail_fast, beat::error_policy::collect_all,
                                     beat::error_policy::first_by_index};
          auto const loop_by = [&](beat::loop_options const& options) {
            return keeps(options.errors, size, failing,
                         [&](auto body) { beat::parallel_for(where, 0U, size, body, options); });
          };
          constexpr std::array cuts{beat::chunks::even, beat::chunks::guided, beat::chunks::grain<1>,
                                    beat::chunks::grain<7>, beat::chunks::grain<64>};
          return loop_by({.errors = kinds.at(random.below(3))}) &&
                 loop_by({.errors = kinds.at(random.below(3)), .chunks = cuts.at(random.below(5))});
        }) == "");
}

TEST_CASE("maps and loops over elements do what serial ones do", "[algorithm]") {
  using namespace properties;
  CHECK(random_inputs::first_wrong([](beat::context where, beat::random& random, std::size_t size) {
          std::vector<int> const numbers = random_inputs::random_numbers(random, size);
          auto const doubled = [](int n) { return hand_over(), 2L * n; };
          std::vector<long> expected(size), into(size);
          std::transform(numbers.begin(), numbers.end(), expected.begin(), [](int n) { return 2L * n; });
          beat::parallel_map(where, numbers, into, doubled);
          std::vector<long> const made = beat::parallel_map(where, numbers, doubled);

          std::vector<move_only> moved = beat::parallel_map(where, numbers, [](int n) { return move_only{n}; });
          beat::parallel_for_each(where, moved, [](move_only& e) { e.value += 3; });
          bool const is_right = std::equal(moved.begin(), moved.end(), numbers.begin(), numbers.end(),
                                           [](move_only const& e, int n) { return e.value == n + 3; });
          return into == expected && made == expected && is_right;
        }) == "");
  CHECK(random_inputs::move_only::live == 0);
}

TEST_CASE("try_parallel_map keeps every value and every error", "[algorithm]") {
  using namespace properties;
  CHECK(random_inputs::first_wrong([](beat::context where, beat::random& random, std::size_t size) {
          std::vector<std::size_t> const failing = some_below(random, size);
          std::vector<std::size_t> indexes(size);
          std::iota(indexes.begin(), indexes.end(), std::size_t{0});
          auto const tried = beat::try_parallel_map(where, indexes, [&](std::size_t i) {
            hand_over();
            if (std::binary_search(failing.begin(), failing.end(), i)) throw thrown{i};
            return move_only{static_cast<int>(i)};
          });
          std::vector<std::size_t> failed;
          for (auto const& each : tried.errors()) failed.push_back(each.index);
          bool is_right = failed == failing && tried.size() == size;
          for (std::size_t i = 0; i < size; ++i) {
            bool const has_failed = std::binary_search(failing.begin(), failing.end(), i);
            is_right = is_right && (has_failed ? !tried[i] : tried[i]->value == static_cast<int>(i));
          }
          return is_right;
        }) == "");
}

TEST_CASE("reductions keep the order of the elements", "[algorithm]") {
  using namespace properties;
  CHECK(random_inputs::first_wrong([](beat::context where, beat::random& random, std::size_t size) {
          std::vector<int> const numbers = random_inputs::random_numbers(random, size);
          affine expected{5, 6};
          for (int const n : numbers) expected = random_inputs::then(expected, random_inputs::make_affine(n));
          auto const then = [](affine const& f, affine const& g) { return hand_over(), random_inputs::then(f, g); };
          if (beat::parallel_reduce(where, numbers, affine{5, 6}, then, random_inputs::make_affine) != expected)
            return false;

          // Values that can only be moved, and an operation that throws.
          std::vector<std::size_t> const failing = some_below(random, size);
          random_inputs::fuse fuse{failing.empty() ? 0 : static_cast<long>(failing.front() + 1)};
          auto const last =
              random_inputs::with_fuse(fuse, [](move_only const&, move_only const& b) { return move_only{b.value}; });
          auto const make = [](int n) { return move_only{n}; };
          try {
            move_only const found = beat::parallel_reduce(where, numbers, move_only{-2}, last, make);
            return failing.empty() && found.value == (numbers.empty() ? -2 : numbers.back());
          } catch (random_inputs::fuse::blown const&) {
            return !failing.empty();
          }
        }) == "");
  CHECK(random_inputs::move_only::live == 0);
}

TEST_CASE("parallel_sort sorts what is random, sorted, reversed, of few values, or an organ pipe", "[algorithm]") {
  using namespace properties;
  CHECK(random_inputs::first_wrong([](beat::context where, beat::random& random, std::size_t size) {
          std::vector<int> numbers = random_inputs::random_numbers(random, size);
          long const failing =
              random.below(8) == 0 ? 1 + static_cast<long>(random.below(4 * static_cast<std::uint32_t>(size) + 1)) : 0;
          if (!sorts(where, numbers, failing)) return false;
          if (random.below(8) != 0) return true;
          std::vector<move_only> moved = random_inputs::to_move_only(numbers);
          std::sort(numbers.begin(), numbers.end());
          beat::parallel_sort(where, moved, std::less<>{}, &move_only::value);
          return std::equal(moved.begin(), moved.end(), numbers.begin(), numbers.end(),
                            [](move_only const& e, int n) { return e.value == n; });
        }) == "");
  CHECK(random_inputs::move_only::live == 0);
}
