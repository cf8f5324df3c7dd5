// SPDX-License-Identifier: MIT
// The loop that follows the data's pages. Where pages lie is made up here, as most machines have but one node.

#include <algorithm>
#include <array>
#include <atomic>
#include <beat.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <numeric>
#include <optional>
#include <set>
#include <span>
#include <stdexcept>
#include <stop_token>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "task/support.hpp"

namespace {

using namespace task_test;
using beat::detail::nobody_knows;
using beat::detail::node_run;

std::size_t const page = beat::detail::numa::unit(beat::page_size::normal);

std::size_t page_of(void const* place) { return reinterpret_cast<std::uintptr_t>(place) / page; }

/// Memory that is never touched: only its addresses count. It begins so many bytes behind the beginning of a huge page.
std::byte* memory_at(std::size_t offset) { return reinterpret_cast<std::byte*>((std::uintptr_t{1} << 40U) + offset); }

/// Says where a page is by its number from that place on, and counts how many it was asked for.
template <class HomeOf>
struct page_map {
  HomeOf home_of;
  std::size_t asked = 0;

  void operator()(std::span<void*> places, std::span<int> homes) {
    std::transform(places.begin(), places.end(), homes.begin(),
                   [this](void const* place) { return home_of(page_of(place) - page_of(memory_at(0))); });
    asked += places.size();
  }
};

template <class HomeOf>
page_map(HomeOf) -> page_map<HomeOf>;

/// A pool with a worker for each of three nodes, on whatever CPUs.
beat::pool_options three_nodes(unsigned workers = 3) {
  return {.workers = workers,
          .placement = beat::placement_policy::scatter,
          .machine = beat::topology_from_synthetic("node:3 core:4")};
}

/// Pages take turns on three nodes, beside some of which nobody knows.
void in_turns(std::span<void*> places, std::span<int> homes) {
  std::transform(places.begin(), places.end(), homes.begin(),
                 [](void const* place) { return page_of(place) % 7 == 3 ? nobody_knows : int(page_of(place) % 3); });
}

/// Elements of some pages, each of which counts who was there.
template <class T>
struct visited {
  std::vector<T> elements = std::vector<T>(20 * page / sizeof(T) + 20);

  bool each(int times) const {
    return std::all_of(elements.begin(), elements.end(), [times](T const& e) { return e.count == times; });
  }
};
struct small {
  int count = 0;
};
struct odd {
  std::array<char, 91> filling;
  char count = 0;
};
struct large {
  std::array<char, 10'000> filling;
  int count = 0;
};

}  // namespace

TEST_CASE("an element belongs to the run of the page where it begins", "[algorithm]") {
  beat::random dice{1};
  for (int round = 0; round < 2000; ++round) {
    std::size_t const sizes[] = {1, 3, 8, 91, page - 1, page, page + 1, 3 * page + 5};
    std::size_t const size = sizes[dice.below(std::size(sizes))];
    std::size_t const offset = dice.below(static_cast<std::uint32_t>(2 * page));
    std::size_t const count = 1 + dice.below(static_cast<std::uint32_t>(20 * page / size + 1));
    std::vector<int> map(offset / page + count * size / page + 2);
    int const nodes = 1 + static_cast<int>(dice.below(4));
    for (int& home : map) home = static_cast<int>(dice.below(static_cast<std::uint32_t>(nodes + 1))) - 1;
    page_map homes_of{[&](std::size_t number) { return map.at(number); }};
    auto const runs = beat::detail::runs_by_node(memory_at(offset), size, count, homes_of);

    // Pages are asked for where elements begin; those that nobody knows go with the one before, or the first known one.
    std::vector<int> expected;
    for (std::size_t i = 0; i < count; ++i) {
      int const home = map[(offset + i * size) / page];
      expected.push_back(home != nobody_knows || expected.empty() ? home : expected.back());
    }
    auto const known = std::find_if(expected.begin(), expected.end(), [](int home) { return home != nobody_knows; });
    if (known != expected.end()) std::fill(expected.begin(), known, *known);

    std::vector<int> found;
    bool are_apart = true;
    for (std::size_t i = 0; i < runs.size(); ++i) {
      are_apart &= runs[i].first == found.size() && runs[i].size != 0 && (i == 0 || runs[i - 1].home != runs[i].home);
      found.insert(found.end(), runs[i].size, runs[i].home);
    }
    REQUIRE(are_apart);
    REQUIRE(found == expected);
  }
}

TEST_CASE("of large data a page in two megabytes is asked for", "[algorithm]") {
  std::size_t const huge = beat::detail::numa::huge_page;
  page_map by_halves{[&](std::size_t number) { return number < 1024 * huge / page ? 0 : 1; }};
  auto const runs = beat::detail::runs_by_node(memory_at(0), 8, 2048 * huge / 8, by_halves);
  CHECK(by_halves.asked == 2048);
  REQUIRE(runs.size() == 2);
  CHECK(runs[0].size == 1024 * huge / 8);

  page_map small_data{[](std::size_t) { return 0; }};
  CHECK(beat::detail::runs_by_node(memory_at(8), 8, 10 * huge / 8, small_data).size() == 1);
  CHECK(small_data.asked > 64);
  CHECK(small_data.asked <= 130);
}

TEST_CASE("of pages that take turns on the nodes each node gets its part", "[algorithm]") {
  int const nodes = GENERATE(2, 3, 4, 8);
  std::size_t const count = std::size_t{4} << 30U;
  page_map in_turn{[&](std::size_t number) { return static_cast<int>(number % static_cast<std::size_t>(nodes)); }};
  std::vector<std::size_t> sizes(static_cast<std::size_t>(nodes));
  for (node_run const& run : beat::detail::runs_by_node(memory_at(0), 1, count, in_turn))
    sizes[static_cast<std::size_t>(run.home)] += run.size;
  CHECK(std::accumulate(sizes.begin(), sizes.end(), std::size_t{0}) == count);
  CHECK(*std::min_element(sizes.begin(), sizes.end()) > count / sizes.size() / 2);
}

TEMPLATE_TEST_CASE("every element of every page is visited once", "[algorithm]", small, odd, large) {
  unsigned const workers = GENERATE(1U, 2U, 4U);
  beat::ThreadPool pool{three_nodes(workers)};
  visited<TestType> seen;
  auto const count = [](TestType& e) { ++e.count; };
  auto const all = std::span{seen.elements};
  beat::detail::for_each_by_node(pool, all, count, {}, in_turns);
  CHECK(seen.each(1));
  pool.run([&] { beat::detail::for_each_by_node(pool, all, count, {}, in_turns); });
  CHECK(seen.each(2));
  pool.submit([&] { beat::detail::for_each_by_node(pool, all, count, {}, in_turns); }).get();
  CHECK(seen.each(3));
  beat::parallel_for(pool, 0, 3, [&](int third) {
    auto const part = all.subspan(static_cast<std::size_t>(third) * all.size() / 3);
    auto const elements = third == 2 ? part : part.first(all.size() / 3);
    beat::detail::for_each_by_node(pool, elements, count, {}, in_turns);
  });
  CHECK(seen.elements.front().count == 4);
  CHECK(seen.elements.back().count == 4);
  auto const nowhere = [](std::span<void*>, std::span<int> homes) { std::ranges::fill(homes, nobody_knows); };
  beat::detail::for_each_by_node(pool, all.first(100 % all.size()), count, {}, nowhere);
  CHECK(seen.elements.front().count == 5);
}

TEST_CASE("parallel_for_each_by_node takes ranges whose elements lie side by side", "[algorithm]") {
  beat::ThreadPool spread{three_nodes()};
  beat::ThreadPool plain{2};
  for (beat::ThreadPool* const pool : {&spread, &plain}) {
    std::vector<int> vector(100'000);
    int array[1000] = {};
    auto const increment = [](int& n) { ++n; };
    beat::parallel_for_each_by_node(*pool, vector, increment);
    beat::parallel_for_each_by_node(*pool, std::span{vector}.first(500), increment);
    beat::parallel_for_each_by_node(*pool, array, increment);
    beat::parallel_for_each_by_node(*pool, std::vector<int>{}, increment);
    CHECK(std::accumulate(vector.begin(), vector.end(), 0) == 100'500);
    CHECK(std::count(std::begin(array), std::end(array), 1) == 1000);
    std::atomic<long> sum{0};
    beat::parallel_for_each_by_node(*pool, std::as_const(vector), [&](int const& n) { sum += n; });
    CHECK(sum == 100'500);
    struct item {
      int value = 1;
      void twice() { value *= 2; }
    };
    std::vector<item> items(5000);
    beat::parallel_for_each_by_node(*pool, items, &item::twice);
    CHECK(std::all_of(items.begin(), items.end(), [](item const& i) { return i.value == 2; }));
  }
}

TEST_CASE("an exception from one node arrives once no other runs", "[algorithm]") {
  unsigned const workers = GENERATE(1U, 2U, 4U);
  std::size_t const bad = GENERATE(std::size_t{0}, std::size_t{7000}, std::size_t{19'999});
  beat::ThreadPool pool{three_nodes(workers)};
  std::vector<std::size_t> numbers(20'000);
  std::iota(numbers.begin(), numbers.end(), std::size_t{0});
  for (int round = 0; round < 20; ++round) {
    std::atomic<int> inside{0};
    auto const body = [&](std::size_t number) {
      ++inside;
      --inside;
      if (number == bad) throw std::runtime_error{"bad"};
    };
    auto const loop = [&] { beat::detail::for_each_by_node(pool, std::span{numbers}, body, {}, in_turns); };
    CHECK(message_of(loop) == "bad");
    CHECK(inside == 0);
  }
}

TEST_CASE("a loop by node obeys its stop token", "[algorithm]") {
  beat::ThreadPool pool{three_nodes()};
  std::vector<int> numbers(20'000);
  std::stop_source stop;
  std::atomic<int> ran{0};
  auto const body = [&](int) {
    if (++ran == 100) stop.request_stop();
  };
  auto const loop = [&] {
    beat::detail::for_each_by_node(pool, std::span{numbers}, body, {.stop = stop.get_token()}, in_turns);
  };
  CHECK(error_of(loop) == beat::errc::cancelled);
  CHECK(ran < 20'000);
  CHECK(error_of(loop) == beat::errc::cancelled);
}

TEST_CASE("the part of each node is left at its inbox and done even if the pool is stopped", "[algorithm]") {
  bool const stops = GENERATE(false, true);
  beat::ThreadPool pool{three_nodes()};
  beat::detail::scheduler& inside = scheduler_of(pool);
  std::atomic<int> busy{0};
  std::atomic<bool> open{false};
  for (int i = 0; i < 2; ++i)
    pool.post([&] {
      ++busy;
      wait_for(open);
    });
  while (busy != 2) std::this_thread::yield();

  // This thread has the only permit that is left, so nobody comes for the tasks until it opens.
  visited<small> seen;
  std::once_flag once;
  int waiting = 0;
  std::thread stopper;
  auto const body = [&](small& element) {
    std::call_once(once, [&] {
      for (std::uint32_t home = 0; home < 3; ++home) waiting += inside.arrivals(home).empty() ? 0 : 1;
      if (stops) {
        stopper = std::thread{[&] { pool.shutdown(beat::shutdown_mode::stop); }};
        while (!inside.cancelling) std::this_thread::yield();
      }
      open = true;
    });
    ++element.count;
  };
  beat::detail::for_each_by_node(pool, std::span{seen.elements}, body, {}, in_turns);
  if (stopper.joinable()) stopper.join();
  CHECK(waiting == 2);
  CHECK(seen.each(1));
}
