// SPDX-License-Identifier: MIT
// Where user code or an allocation fails in algorithms that write to ranges: exactly that exception arrives, and the
// ranges are left as the algorithm's comment says.

#include <algorithm>
#include <beat.hpp>
#include <cstddef>
#include <functional>
#include <vector>

#include "catch.hpp"
#include "throwing.hpp"

namespace {

using namespace throwing;

constexpr int count_of_few = 26;

/// 0, 21, 42, ...: each below `count` once.
std::vector<int> mixed_numbers(int count = count_of_few) {
  std::vector<int> numbers;
  for (int i = 0; i < count; ++i) numbers.push_back(i * 21 % count);
  return numbers;
}

/// Where elements could be compared freely, all are there still; where their own moves failed, they are some of these.
bool has_same_elements(std::vector<fragile> const& left, std::vector<int> before) {
  std::vector<int> values = values_of(left);
  std::sort(before.begin(), before.end());
  if (elements_fail)
    return std::all_of(values.begin(), values.end(),
                       [&](int v) { return std::binary_search(before.begin(), before.end(), v); });
  std::sort(values.begin(), values.end());
  return values == before;
}

/// Each is as it was, or as it was to become.
bool is_partly(std::vector<fragile> const& output, std::vector<int> const& expected, int before) {
  for (std::size_t i = 0; i < output.size(); ++i) {
    output[i].check();
    bool const is_written = i < expected.size() && output[i].value == expected[i];
    if (!is_written && output[i].value != before) return false;
  }
  return true;
}

auto const value_of = [](fragile const& f) { return f.value; };

}  // namespace

TEST_CASE("scans: the sum, the projection, what is known, and the output", "[unit]") {
  fail_everywhere(200, 1, [](eager_pool& pool) {
    std::vector<int> expected;
    for (int i = 0, sum = 0; i < count_of_few; ++i) expected.push_back(sum += i);
    auto const plus = fragile_callable{[](fragile const& a, fragile const& b) { return a + b; }};
    auto const to_element = fragile_callable{[](int i) { return fragile{i}; }};
    std::vector<fragile> output = to_fragile(std::vector<int>(count_of_few, -1));
    auto const partly = [&] { return is_partly(output, expected, -1); };
    auto const refill = [&] { output = to_fragile(std::vector<int>(count_of_few, -1)); };

    attempt(
        [&] { beat::parallel_inclusive_scan(pool, fragile_view(count_of_few), output, fragile{0}, plus, to_element); },
        partly, "an inclusive scan wrote something else");
    expect(values_of(output) == expected, "wrong sums");
    refill();
    attempt([&] { beat::parallel_inclusive_scan(pool, fragile_view(count_of_few), output, plus, to_element); }, partly,
            "an inclusive scan without a start wrote something else");
    expect(values_of(output) == expected, "wrong sums");

    refill();
    expected.insert(expected.begin(), 0);
    auto const where = fragile_view(output);
    attempt(
        [&] {
          fragile const all =
              beat::parallel_exclusive_scan(pool, fragile_view(count_of_few), where, fragile{0}, plus, to_element);
          expect(all.value == expected.back(), "wrong sum");
        },
        partly, "an exclusive scan wrote something else");
    expected.pop_back();
    expect(values_of(output) == expected, "wrong sums");
  });
}

TEST_CASE("parallel_copy_if and parallel_filter: predicates, projections, and the output", "[unit]") {
  fail_everywhere(200, 1, [](eager_pool& pool) {
    std::vector<int> const numbers = mixed_numbers();
    std::vector<int> expected;
    std::copy_if(numbers.begin(), numbers.end(), std::back_inserter(expected), [](int n) { return n % 3 != 0; });
    std::vector<fragile> input = to_fragile(numbers);
    auto const is_wanted = fragile_callable{[](int n) { return n % 3 != 0; }};
    auto const value = fragile_callable{value_of};

    std::vector<fragile> output = to_fragile(std::vector<int>(expected.size(), -1));
    auto const left = [&] { return is_partly(output, expected, -1) && values_of(input) == numbers; };
    attempt(
        [&] {
          expect(beat::parallel_copy_if(pool, fragile_view(input), output, is_wanted, value) == expected.size(),
                 "wrong number");
        },
        left, "parallel_copy_if wrote something else");
    expect(values_of(output) == expected, "wrong elements");

    std::vector<fragile> found;
    attempt([&] { found = beat::parallel_filter(pool, fragile_view(input), is_wanted, value); },
            [&] { return values_of(input) == numbers; }, "parallel_filter changed its input");
    expect(values_of(found) == expected, "wrong elements");
  });
}

TEST_CASE("parallel_partition: predicates, projections and swaps", "[unit]") {
  fail_everywhere(500, 1, [](eager_pool& pool) {
    std::vector<int> const numbers = mixed_numbers(1200);  // enough to be divided
    std::vector<fragile> elements = to_fragile(numbers);
    attempt(
        [&] {
          std::size_t const count = beat::parallel_partition(
              pool, elements, [](int n) { return (n % 16 != 0 || (call{}, true)) && n < 300; }, value_of);
          expect(count == 300, "wrong number");
        },
        [&] { return has_same_elements(elements, numbers); }, "parallel_partition lost an element");
    auto const is_low = [](fragile const& f) { return f.value < 300; };
    expect(std::is_partitioned(elements.begin(), elements.end(), is_low), "not partitioned");
    expect(has_same_elements(elements, numbers), "parallel_partition lost an element");
  });
}

TEST_CASE("parallel_stable_partition: predicates, projections and moves", "[unit]") {
  fail_everywhere(150, 3, [](eager_pool& pool) {
    std::vector<int> const numbers = mixed_numbers();
    std::vector<int> expected;
    for (bool const is_first : {true, false})
      for (int const n : numbers)
        if ((n % 3 != 0) == is_first) expected.push_back(n);
    std::vector<fragile> elements = to_fragile(numbers);
    attempt(
        [&] {
          beat::parallel_stable_partition(pool, fragile_view(elements),
                                          fragile_callable{[](int n) { return n % 3 != 0; }},
                                          fragile_callable{value_of});
        },
        [&] { return elements_fail ? has_same_elements(elements, numbers) : values_of(elements) == numbers; },
        "parallel_stable_partition moved something before it failed");
    expect(values_of(elements) == expected, "not partitioned");
  });
}

TEST_CASE("parallel_merge: comparisons, projections, and the output", "[unit]") {
  fail_everywhere(100, 1, [](eager_pool& pool) {
    std::vector<int> a, b, expected;
    for (int i = 0; i < 14; ++i) a.push_back(3 * i), b.push_back(2 * i + 5);
    std::merge(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(expected));
    std::vector<fragile> first = to_fragile(a), second = to_fragile(b);
    std::vector<fragile> output = to_fragile(std::vector<int>(expected.size(), -1));
    attempt(
        [&] {
          beat::parallel_merge(pool, fragile_view(first), second, fragile_view(output), std::less<>{},
                               fragile_callable{[](fragile const& f) -> fragile const& { return f; }});
        },
        [&] { return is_partly(output, expected, -1) && values_of(first) == a && values_of(second) == b; },
        "parallel_merge wrote something else");
    expect(values_of(output) == expected, "not merged");
  });
}

TEST_CASE("parallel_sort: comparisons, projections and moves", "[unit]") {
  fail_everywhere(200, 1, [](eager_pool& pool) {
    std::vector<int> const numbers = mixed_numbers();
    std::vector<fragile> elements = to_fragile(numbers);
    attempt(
        [&] {
          beat::parallel_sort(pool, elements, std::less<>{},
                              fragile_callable{[](fragile const& f) -> fragile const& { return f; }});
        },
        [&] { return has_same_elements(elements, numbers); }, "parallel_sort lost an element");
    for (int i = 0; i < count_of_few; ++i) expect(elements[static_cast<std::size_t>(i)].value == i, "not sorted");

    // And the other way round, by iterators that throw.
    attempt([&] { beat::parallel_sort(pool, fragile_view(elements), [](auto& a, auto& b) { return b < a; }); },
            [&] { return has_same_elements(elements, numbers); }, "parallel_sort lost an element");
    for (int i = 0; i < count_of_few; ++i)
      expect(elements[static_cast<std::size_t>(i)].value == count_of_few - 1 - i, "not sorted");
  });
}

TEST_CASE("parallel_stable_sort: comparisons, projections and moves", "[unit]") {
  fail_everywhere(200, 1, [](eager_pool& pool) {
    std::vector<int> const numbers = mixed_numbers(40);
    std::vector<fragile> elements = to_fragile(numbers);
    attempt(
        [&] {
          beat::parallel_stable_sort(pool, fragile_view(elements), std::less<>{},
                                     [](fragile const& f) -> fragile const& { return f; });
        },
        [&] { return has_same_elements(elements, numbers); }, "parallel_stable_sort lost an element");
    for (int i = 0; i < 40; ++i) expect(elements[static_cast<std::size_t>(i)].value == i, "not sorted");
  });
}
