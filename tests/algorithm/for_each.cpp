// SPDX-License-Identifier: MIT
// parallel_for and parallel_for_each: every element once, for all index types and ranges; errors; stop requests;
// nesting.

#include <algorithm>
#include <array>
#include <atomic>
#include <beat.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <limits>
#include <list>
#include <memory>
#include <mutex>
#include <ranges>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "stop_request.hpp"
#include "task/support.hpp"

namespace {

using namespace std::chrono_literals;
using task_test::error_of;

/// How often each index of [0, size) was visited.
class visits {
 public:
  explicit visits(std::size_t size) : counts_(size) {}
  void add(std::size_t i) { ++counts_.at(i); }
  bool each_once() const {
    return std::all_of(counts_.begin(), counts_.end(), [](auto const& count) { return count == 1; });
  }

 private:
  std::vector<std::atomic<std::size_t>> counts_;
};

/// The indices of parallel_for(first, last), which must be few, in order.
template <class First, class Last>
auto indices(beat::ThreadPool& pool, First first, Last last) {
  using index = std::common_type_t<First, Last>;
  std::mutex lock;
  std::multiset<index> seen;
  beat::parallel_for(pool, first, last, [&](index i) {
    std::lock_guard const held{lock};
    seen.insert(i);
  });
  return std::vector<index>(seen.begin(), seen.end());
}

template <class Place, class Range, class F>
concept can_loop = requires(Place& place, Range& range, F f) { beat::parallel_for_each(place, range, f); };

static_assert(can_loop<beat::ThreadPool, std::vector<int>, void (*)(int)>);
static_assert(can_loop<beat::context, std::vector<int> const, void (*)(int const&)>);
static_assert(!can_loop<beat::ThreadPool, std::vector<int>, void (*)(std::string)>);
static_assert(!can_loop<beat::ThreadPool, std::vector<int>, void (*)()>);
static_assert(!can_loop<beat::ThreadPool, std::list<int>, void (*)(int)>);  // can't be cut anywhere
static_assert(!can_loop<int, std::vector<int>, void (*)(int)>);

}  // namespace

TEST_CASE("parallel_for visits every index once", "[algorithm]") {
  unsigned const workers = GENERATE(1U, 2U, 4U);
  std::size_t const size = GENERATE(0U, 1U, 2U, 3U, 7U, 64U, 1000U, 100'003U);
  beat::ThreadPool pool{workers};
  visits from_outside{size};
  beat::parallel_for(pool, std::size_t{0}, size, [&](std::size_t i) { from_outside.add(i); });
  CHECK(from_outside.each_once());
  visits from_inside{size};
  pool.run([&] { beat::parallel_for(beat::here(), std::size_t{0}, size, [&](std::size_t i) { from_inside.add(i); }); });
  CHECK(from_inside.each_once());
  visits inline_here{size};
  beat::parallel_for(beat::here(), std::size_t{0}, size, [&](std::size_t i) { inline_here.add(i); });
  CHECK(inline_here.each_once());
}

TEST_CASE("parallel_for takes every integer type up to its limits", "[algorithm]") {
  beat::ThreadPool pool{2};
  CHECK(indices(pool, std::int8_t{-128}, std::int8_t{127}).size() == 255);
  CHECK(indices(pool, std::int8_t{-128}, std::int8_t{127}).front() == -128);
  CHECK(indices(pool, std::uint8_t{250}, std::uint8_t{255}) == std::vector<std::uint8_t>{250, 251, 252, 253, 254});
  constexpr auto least = std::numeric_limits<std::int64_t>::min();
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  CHECK(indices(pool, least, least + 3) == std::vector{least, least + 1, least + 2});
  CHECK(indices(pool, most - 2, most) == std::vector{most - 2, most - 1});
  constexpr auto top = std::numeric_limits<std::uint64_t>::max();
  CHECK(indices(pool, top - 2, top) == std::vector{top - 2, top - 1});
  CHECK(indices(pool, -2, 3L) == std::vector{-2L, -1L, 0L, 1L, 2L});
  CHECK(indices(pool, 1, std::size_t{4}) == std::vector<std::size_t>{1, 2, 3});
}

TEST_CASE("parallel_for does nothing where the last index is not above the first", "[algorithm]") {
  beat::ThreadPool pool{2};
  CHECK(indices(pool, 5, 5).empty());
  CHECK(indices(pool, 5, -5).empty());
  CHECK(indices(pool, 5U, -5).empty());
  CHECK(indices(pool, std::size_t{5}, 2).empty());
}

TEST_CASE("parallel_for refuses indices that their common type can not hold", "[algorithm]") {
  beat::ThreadPool pool{2};
  CHECK(error_of([&] { beat::parallel_for(pool, -1, 3U, [](unsigned) {}); }) == beat::errc::invalid_argument);
}

TEST_CASE("parallel_for_each takes any range that can be cut", "[algorithm]") {
  unsigned const workers = GENERATE(1U, 2U, 4U);
  beat::ThreadPool pool{workers};
  auto const increment = [](int& n) { ++n; };
  std::vector<int> vector(1000);
  std::deque<int> deque(1000);
  std::array<int, 1000> array{};
  int plain[1000] = {};
  beat::parallel_for_each(pool, vector, increment);
  beat::parallel_for_each(pool, deque, increment);
  beat::parallel_for_each(pool, array, increment);
  beat::parallel_for_each(pool, plain, increment);
  beat::parallel_for_each(pool, std::span{vector}.first(500), increment);
  beat::parallel_for_each(pool, vector | std::views::drop(500), increment);
  beat::parallel_for_each(pool, std::ranges::subrange(deque.begin(), deque.end()), increment);
  CHECK(vector == std::vector<int>(1000, 2));
  CHECK(deque == std::deque<int>(1000, 2));
  CHECK(std::ranges::count(array, 1) == 1000);
  CHECK(std::ranges::count(plain, 1) == 1000);

  std::atomic<long> sum{0};
  beat::parallel_for_each(pool, std::views::iota(1, 101), [&](int i) { sum += i; });
  beat::parallel_for_each(pool, std::as_const(vector), [&](int const& n) { sum += n; });
  beat::parallel_for_each(pool, std::vector<int>{}, [&](int) { sum = -1; });
  CHECK(sum == 5050 + 2000);

  std::vector<std::unique_ptr<int>> pointers(100);
  beat::parallel_for_each(pool, pointers, [](std::unique_ptr<int>& p) { p = std::make_unique<int>(7); });
  CHECK(std::ranges::all_of(pointers, [](auto const& p) { return p != nullptr && *p == 7; }));
  struct item {
    int value = 1;
    void twice() { value *= 2; }
  };
  std::vector<item> items(100);
  beat::parallel_for_each(pool, items, &item::twice);
  CHECK(std::ranges::all_of(items, [](item const& i) { return i.value == 2; }));
}

TEST_CASE("elements of unequal cost are shared", "[algorithm]") {
  beat::ThreadPool pool{2};
  std::mutex lock;
  std::set<std::thread::id> threads;
  // All the work is at one end, where a division into equal parts would put it into one hand.
  beat::parallel_for(pool, 0, 1000, [&](int i) {
    if (i < 990) return;
    bool met = false;  // the other thread may be slow to come
    for (auto const limit = std::chrono::steady_clock::now() + 100ms;
         !met && std::chrono::steady_clock::now() < limit;) {
      std::this_thread::yield();
      std::lock_guard const held{lock};
      threads.insert(std::this_thread::get_id());
      met = threads.size() >= 2;
    }
  });
  CHECK(threads.size() == 2);
}

TEST_CASE("an exception from an element arrives once no part of the loop runs", "[algorithm]") {
  unsigned const workers = GENERATE(1U, 2U, 4U);
  int const bad = GENERATE(0, 1, 500, 998, 999);
  beat::ThreadPool pool{workers};
  for (int round = 0; round < 20; ++round) {
    std::atomic<int> inside{0};
    std::string message;
    try {
      beat::parallel_for(pool, 0, 1000, [&](int i) {
        ++inside;
        if (i == bad) {
          --inside;
          throw std::runtime_error{"bad"};
        }
        --inside;
      });
    } catch (std::runtime_error const& e) {
      message = e.what();
      if (inside != 0) message = "some part still runs";
    }
    REQUIRE(message == "bad");
  }
  visits after{100};
  beat::parallel_for(pool, 0U, 100U, [&](unsigned i) { after.add(i); });
  CHECK(after.each_once());
}

TEST_CASE("of many exceptions one arrives", "[algorithm]") {
  unsigned const workers = GENERATE(1U, 2U, 4U);
  beat::ThreadPool pool{workers};
  for (int round = 0; round < 50; ++round) {
    int caught = -1;
    try {
      beat::parallel_for(pool, 0, 5000, [](int i) {
        if (i % 7 == 3) throw i;
      });
    } catch (int i) {
      caught = i;
    }
    REQUIRE(caught % 7 == 3);
  }
}

TEST_CASE("a stop request before a loop keeps it from starting", "[algorithm]") {
  beat::ThreadPool pool{2};
  std::stop_source stop;
  stop.request_stop();
  std::atomic<int> visited{0};
  auto const visit = [&](int) { ++visited; };
  CHECK(error_of([&] { beat::parallel_for(pool, 0, 1000, visit, {.stop = stop.get_token()}); }) ==
        beat::errc::cancelled);
  CHECK(visited == 0);
}

TEST_CASE("after a stop request no further element is begun", "[algorithm]") {
  unsigned const workers = GENERATE(1U, 2U, 4U);
  beat::ThreadPool pool{workers};
  algorithm_test::stop_request stop;
  std::error_code const code = error_of(
      [&] { beat::parallel_for(pool, 0, 1'000'000, [&](int i) { stop.begin(i == 100); }, {.stop = stop.token()}); });
  CHECK(code == beat::errc::cancelled);
  CHECK(stop.late() <= workers);  // those that had looked at the token already
}

TEST_CASE("a stop token that is not used changes nothing", "[algorithm]") {
  beat::ThreadPool pool{2};
  std::stop_source stop;
  visits seen{1000};
  beat::parallel_for(pool, 0U, 1000U, [&](unsigned i) { seen.add(i); }, {.stop = stop.get_token()});
  stop.request_stop();
  CHECK(seen.each_once());
}

TEST_CASE("loops inside of loops visit everything once", "[algorithm]") {
  unsigned const workers = GENERATE(1U, 2U, 4U);
  beat::ThreadPool pool{workers};
  beat::ThreadPool other{2};
  visits seen{10 * 10 * 10};
  beat::parallel_for(pool, 0U, 10U, [&](unsigned i) {
    beat::parallel_for(other, 0U, 10U, [&](unsigned j) {
      beat::parallel_for(pool, 0U, 10U, [&](unsigned k) { seen.add(100 * i + 10 * j + k); });
    });
  });
  CHECK(seen.each_once());
}
