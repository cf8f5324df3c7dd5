// SPDX-License-Identifier: MIT
// Where user code or an allocation fails in loops, and in algorithms that go over a range for one result.

#include <algorithm>
#include <array>
#include <atomic>
#include <beat.hpp>
#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "catch.hpp"
#include "throwing.hpp"

namespace {

using namespace throwing;

/// Each element as it was, or as it was to become.
bool is_doubled_partly(std::vector<fragile> const& elements) {
  std::vector<int> const values = values_of(elements);
  for (int i = 0; i < static_cast<int>(values.size()); ++i)
    if (int const v = values[static_cast<std::size_t>(i)]; v != i && v != 2 * i) return false;
  return true;
}

/// Throws the one exception that an aggregate_error has, as if it had arrived itself.
template <class F>
void unwrapped(F&& f) {
  try {
    f();
  } catch (beat::aggregate_error const& e) {
    expect(e.errors().size() == 1, "more failed than one element");
    std::rethrow_exception(e.errors().front().error);
  }
}

}  // namespace

TEST_CASE("parallel_for and parallel_for_each: bodies, their copies, and iterators", "[unit]") {
  fail_everywhere(80, 0, [](eager_pool& pool) {
    std::atomic<int> sum{0};
    beat::parallel_for(pool, 0, 30, fragile_callable{[&](int i) { sum += i; }});
    beat::parallel_for_each(pool, fragile_view(30), fragile_callable{[&](int i) { sum += i; }});
    expect(sum == 2 * 435, "an element was left out");
  });
}

TEST_CASE("parallel_map: results that throw when they move or are assigned", "[unit]") {
  fail_everywhere(100, 0, [](eager_pool& pool) {
    auto const body = fragile_callable{[](int i) { return fragile{i}; }};
    std::vector<fragile> made = beat::parallel_map(pool, fragile_view(20), body);
    for (int i = 0; i < 20; ++i) expect(made[static_cast<std::size_t>(i)].value == i, "wrong result");
    attempt([&] { beat::parallel_map(pool, made, made, fragile_callable{[](fragile const& f) { return f + f; }}); },
            [&] { return is_doubled_partly(made); }, "parallel_map wrote something else");
    for (int i = 0; i < 20; ++i) expect(made[static_cast<std::size_t>(i)].value == 2 * i, "wrong result");
  });
}

TEST_CASE("parallel_reduce: the sum, the projection, and what is merged", "[unit]") {
  fail_everywhere(100, 0, [](eager_pool& pool) {
    auto const projection = fragile_callable{[](int i) { return fragile{i}; }};
    fragile const sum =
        beat::parallel_reduce(pool, fragile_view(20), fragile{0},
                              fragile_callable{[](fragile const& a, fragile const& b) { return a + b; }}, projection);
    expect(sum.value == 190, "wrong result");
  });
}

TEST_CASE("parallel_for over tiles: bodies and their copies", "[unit]") {
  fail_everywhere(50, 0, [](eager_pool& pool) {
    std::atomic<unsigned> sum{0};
    beat::parallel_for(pool, {5, 6}, fragile_callable{[&](std::size_t i, std::size_t j) {
                         sum += static_cast<unsigned>(10 * i + j);
                       }});
    expect(sum == 675, "an element was left out");
    beat::parallel_for(pool, {2, 3, 4}, fragile_callable{[&](std::size_t i, std::size_t j, std::size_t k) {
                         sum += static_cast<unsigned>(100 * i + 10 * j + k);
                       }});
    expect(sum == 675 + 1476, "an element was left out");
  });
}

TEST_CASE("loops by policies: bodies, iterators, and what is collected", "[unit]") {
  beat::error_policy const errors =
      GENERATE(beat::error_policy::fail_fast, beat::error_policy::collect_all, beat::error_policy::first_by_index);
  beat::chunk_policy const cut =
      errors == beat::error_policy::fail_fast ? beat::chunks::guided : beat::chunks::grain<3>;
  fail_everywhere(60, 0, [errors, cut](eager_pool& pool) {
    std::array<std::atomic<int>, 30> calls{};
    auto const all_but = [&](int most) {  // were called once each
      int missing = 0;
      for (auto const& c : calls) {
        expect(c <= 1, "an element was called twice");
        missing += c == 0;
      }
      return missing <= most;
    };
    beat::loop_options const options{.errors = errors, .chunks = cut};
    bool const collects = errors == beat::error_policy::collect_all;
    unwrapped([&] {
      try {
        beat::parallel_for_each(pool, fragile_view(30), [&](int i) { ++calls[static_cast<std::size_t>(i)]; }, options);
      } catch (beat::aggregate_error const& e) {
        expect(collects, "an aggregate_error, though the loop fails fast");
        expect(all_but(1), "an element was left out");
        expect(calls[e.errors().front().index] == 0, "the error of another element");
        throw;
      }
    });
    expect(all_but(0), "an element was left out");
    for (auto& c : calls) c = 0;
    unwrapped([&] {
      beat::parallel_for(pool, 0, 30, fragile_callable{[&](int i) { ++calls[static_cast<std::size_t>(i)]; }}, options);
    });
    expect(all_but(0), "an element was left out");
  });
}

TEST_CASE("results by policies: predicates, projections, sums and iterators", "[unit]") {
  auto const errors = GENERATE(beat::error_policy::collect_all, beat::error_policy::first_by_index);
  fail_everywhere(100, 3, [errors](eager_pool& pool) {
    beat::loop_options const options{.errors = errors, .chunks = beat::chunks::grain<3>};
    auto const to_element = fragile_callable{[](int i) { return fragile{i}; }};
    auto const plus = fragile_callable{[](fragile const& a, fragile const& b) { return a + b; }};
    fragile const sum = beat::parallel_reduce(pool, fragile_view(8), fragile{0}, plus, to_element, options);
    expect(sum.value == 28, "wrong sum");
    fragile const same =
        beat::parallel_deterministic_reduce(pool, fragile_view(8), fragile{0}, plus, to_element, options);
    expect(same.value == 28, "wrong sum");

    std::vector<fragile> elements = to_fragile({0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
    auto const is_even = fragile_callable{[](fragile const& f) { return f.value % 2 == 0; }};
    unwrapped([&] {
      expect(beat::parallel_count_if(pool, fragile_view(elements), is_even, std::identity{}, options) == 5,
             "wrong number");
    });
    unwrapped([&] {
      auto const found = beat::parallel_filter(pool, elements, is_even, std::identity{}, options);
      expect(values_of(found) == std::vector{0, 2, 4, 6, 8}, "wrong elements");
    });
    std::atomic<unsigned> calls{0};
    unwrapped([&] {
      beat::parallel_for(pool, {2, 3}, fragile_callable{[&](std::size_t, std::size_t) { ++calls; }}, options);
    });
    expect(calls == 6, "an element was left out");
  });
}

TEST_CASE("loops by policies: no memory for what is collected", "[unit]") {
  auto const errors = GENERATE(beat::error_policy::collect_all, beat::error_policy::first_by_index);
  fail_everywhere(3, 2, [errors](eager_pool& pool) {
    std::atomic<int> failed{0};
    auto const body = [&](int i) {
      call const c;
      if (i % 8 == 3) ++failed, throw i;
    };
    try {
      beat::parallel_for(pool, 0, 30, body, {.errors = errors});
      expect(false, "nothing arrived");
    } catch (int first) {
      expect(errors == beat::error_policy::first_by_index && first == 3, "the exception of another element");
    } catch (beat::aggregate_error const& e) {
      expect(errors == beat::error_policy::collect_all, "an aggregate_error, though one exception is wanted");
      std::exception_ptr planned;
      for (auto const& each : e.errors()) {
        try {
          std::rethrow_exception(each.error);
        } catch (int i) {
          expect(each.index == static_cast<std::size_t>(i), "the exception of another element");
          --failed;
        } catch (...) {
          planned = each.error;
        }
      }
      expect(failed == 0, "an exception is missing");
      if (planned) std::rethrow_exception(planned);
    }
  });
}

TEST_CASE("parallel_for_each_by_node: bodies and their copies", "[unit]") {
  fail_everywhere(40, 1, [](eager_pool& pool) {
    std::atomic<int> sum{0};
    std::vector<int> numbers(40, 1);
    beat::parallel_for_each_by_node(pool, numbers, fragile_callable{[&](int n) { sum += n; }});
    expect(sum == 40, "an element was left out");
  });
}

TEST_CASE("parallel_for_each_by_node where elements are on several nodes", "[unit]") {
  // A pool of three nodes as the tests of the algorithm make it: pages take turns.
  elements_fail = true;
  eager_pool pool{{.workers = 3,
                   .placement = beat::placement_policy::scatter,
                   .machine = beat::topology_from_synthetic("node:3 core:2")}};
  std::size_t const page = beat::detail::numa::unit(beat::page_size::normal);
  struct large {
    std::array<char, 3000> filling{};
    std::atomic<int> calls{0};
  };
  std::vector<large> elements(30);
  auto const homes_of = [page](std::span<void*> places, std::span<int> homes) {
    std::transform(places.begin(), places.end(), homes.begin(), [page](void const* place) {
      return static_cast<int>(reinterpret_cast<std::uintptr_t>(place) / page % 3);
    });
  };
  for (kind const what : {kind::user_code, kind::allocation}) {
    auto const [points, wrong] = faults::fail_each(what, [&] {
      for (large& e : elements) e.calls = 0;
      auto body = [](large& e) {
        call const c;
        ++e.calls;
      };
      try {
        beat::detail::for_each_by_node(pool, std::span{elements}, body, {}, homes_of);
      } catch (...) {
        expect(running == 0, "a call goes on after its exception has arrived");
        throw;
      }
      for (large const& e : elements) expect(e.calls == 1, "an element was left out, or called twice");
    });
    std::cout << points << " points\n";
    CHECK(wrong == "");
    CHECK(points >= (what == kind::user_code ? 30 : 5));
  }
}

TEST_CASE("parallel_deterministic_reduce: the sum, the projection, and what is merged", "[unit]") {
  fail_everywhere(60, 0, [](eager_pool& pool) {
    auto const projection = fragile_callable{[](int i) { return fragile{i}; }};
    fragile const sum = beat::parallel_deterministic_reduce(
        pool, fragile_view(12), fragile{0}, fragile_callable{[](fragile const& a, fragile const& b) { return a + b; }},
        projection);
    expect(sum.value == 66, "wrong result");
  });
}

TEST_CASE("searches: predicates, projections, iterators, and none behind the match", "[unit]") {
  fail_everywhere(80, 0, [](eager_pool& pool) {
    std::vector<int> numbers(30);
    for (int i = 0; i < 30; ++i) numbers[static_cast<std::size_t>(i)] = i;
    std::vector<fragile> elements = to_fragile(numbers);
    auto const view = fragile_view(elements);
    auto const value = fragile_callable{[](fragile const& f) { return f.value; }};
    auto const found = beat::parallel_find_if(pool, view, fragile_callable{[](int n) { return n >= 20; }}, value);
    expect(found - view.begin() == 20, "the wrong element was found");
    expect(beat::parallel_find(pool, view, 17, value) - view.begin() == 17, "the wrong element was found");
    auto const is_last = fragile_callable{[](int n) { return n == 29; }};
    expect(beat::parallel_any_of(pool, view, is_last, value), "an element was not found");
    expect(!beat::parallel_all_of(pool, view, is_last, value), "all, though only one is");
    expect(!beat::parallel_none_of(pool, view, is_last, value), "an element was not found");
  });
}

TEST_CASE("searches: what fails behind the match does not arrive", "[unit]") {
  eager_pool pool{3};
  auto const end = stress::clock::now() + 20s;  // a thief may be late
  int failed_first = 0;
  while (failed_first < 20 && stress::clock::now() < end) {
    std::atomic<bool> has_failed{false};
    auto const fails_behind = [&](int n) {
      if (n > 5) has_failed = true, throw faults::planned{n};
      auto const limit = stress::clock::now() + 2ms;
      while (n == 5 && !has_failed && stress::clock::now() < limit) {
      }
      if (n == 5 && has_failed) ++failed_first;
      return n == 5;
    };
    CHECK(*beat::parallel_find_if(pool, std::views::iota(0, 40), fails_behind) == 5);
  }
  CHECK(failed_first == 20);
}

TEST_CASE("counts and extremes: comparisons, predicates, projections and iterators", "[unit]") {
  fail_everywhere(150, 0, [](eager_pool& pool) {
    std::vector<int> numbers(16);
    for (int i = 0; i < 16; ++i) numbers[static_cast<std::size_t>(i)] = i * 7 % 16;
    std::vector<fragile> elements = to_fragile(numbers);
    auto const view = fragile_view(elements);
    auto const value = fragile_callable{[](fragile const& f) { return f.value; }};
    expect(beat::parallel_count_if(pool, view, fragile_callable{[](int n) { return n % 3 == 0; }}, value) == 6,
           "wrong number");
    expect(beat::parallel_count(pool, view, 7, value) == 1, "wrong number");
    auto const less = fragile_callable{std::less<>{}};
    expect(beat::parallel_min_element(pool, view, less, value) == view.begin(), "wrong least element");
    expect((*beat::parallel_max_element(pool, view, std::less<>{})).value == 15, "wrong greatest element");
    auto const [least, greatest] = beat::parallel_minmax_element(pool, view, less, value);
    expect(values_of(elements) == numbers && numbers[static_cast<std::size_t>(least - view.begin())] == 0 &&
               numbers[static_cast<std::size_t>(greatest - view.begin())] == 15,
           "wrong extremes");
  });
}

TEST_CASE("try_parallel_map: each failure is at its element, and the others are there", "[unit]") {
  fail_everywhere(80, 3, [](eager_pool& pool) {
    auto body = fragile_callable{[](int i) { return fragile{i}; }};
    auto tried = beat::try_parallel_map(pool, fragile_view(20), std::ref(body));
    std::size_t const failed = tried.errors().size();
    expect(failed <= 1 && tried.size() == 20, "more failed than one element");
    for (std::size_t i = 0; i < tried.size(); ++i) {
      bool const is_there = failed == 0 || tried.errors().front().index != i;
      expect(tried[i].has_value() == is_there, "an element was left out");
      if (is_there) expect(tried[i]->value == static_cast<int>(i), "wrong result");
    }
    unwrapped([&] {
      std::vector<fragile> const copied = tried.value_or_throw();
      expect(copied.size() == 20, "too few values");
      std::vector<fragile> const moved = std::move(tried).value_or_throw();
      expect(values_of(copied) == values_of(moved), "wrong values");
    });

    auto const expecting = fragile_callable{[](int i) -> beat::expected<int> {
      if (i % 5 == 4) return beat::unexpected{beat::errc::invalid_argument};
      return i;
    }};
    auto const half = beat::try_parallel_map(pool, fragile_view(20), expecting);
    expect(half.errors().size() == 4 && half.first_error()->index == 4, "wrong errors");
  });
}
