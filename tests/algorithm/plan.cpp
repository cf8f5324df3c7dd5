// SPDX-License-Identifier: MIT
// Plans: what chunks promise, at compile time and for random numbers, and that execute calls each of them once.

#include <algorithm>
#include <array>
#include <atomic>
#include <beat.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <iterator>
#include <limits>
#include <memory>
#include <ranges>
#include <span>
#include <string>
#include <system_error>
#include <vector>

#include "catch.hpp"
#include "random_inputs.hpp"
#include "stop_request.hpp"
#include "task/support.hpp"

namespace {

using beat::index_range;
using beat::plan;

static_assert(std::random_access_iterator<plan::iterator> && std::ranges::random_access_range<plan> &&
              std::ranges::sized_range<plan>);
static_assert(std::ranges::random_access_range<index_range>);
static_assert(beat::work_plan<plan> && beat::work_plan<std::vector<index_range>> &&
              beat::work_plan<std::array<index_range, 2>> && !beat::work_plan<std::vector<int>>);

static_assert(plan{}.empty() && plan{0, 4}.empty());
static_assert(plan{10, 4}.size() == 4 && plan{3, 4}.size() == 3);
static_assert(plan{10, 1}[0] == index_range{0, 10});
static_assert(*(plan{10, 2}.begin() + 1) == index_range{5, 10});
static_assert(plan{100, 2, 8} == plan{100, 2, sizeof(double), 0} && plan{100, 2, 8} != plan{100, 3, 8});

// At the lines of a cache, which here are of 64 bytes.
static_assert(beat::cache_line != 64 ||
              std::ranges::equal(plan{100, 4, 8},
                                 std::array<index_range, 4>{{{0, 24}, {24, 48}, {48, 72}, {72, 100}}}));
static_assert(beat::cache_line != 64 || plan{100, 4, 64}[1] == index_range{25, 50});
static_assert(beat::cache_line != 64 || plan{64, 4, 1}.size() == 1);
static_assert(beat::cache_line != 64 || plan{64, 4, 12}[1].first == 16);

// The first element is 16 bytes behind the start of a line, so the 7th begins the next one.
static_assert(beat::cache_line != 64 ||
              std::ranges::equal(plan{22, 3, 8, 16}, std::array<index_range, 3>{{{0, 6}, {6, 14}, {14, 22}}}));
// Packed elements never begin with a line.
static_assert(plan{1000, 3, 12, 2} == plan{1000, 3, 12});

static_assert(std::same_as<decltype(beat::static_plan<1000, 4, 8>()), std::array<index_range, 4>>);
static_assert(beat::static_plan<1000, 4, 8>().back().last == 1000);
static_assert(std::ranges::equal(beat::static_plan<1000, 7, 2>(), plan{1000, 7, 2}));
static_assert(beat::static_plan<0, 4>().empty());

constexpr auto huge = std::numeric_limits<std::size_t>::max();
static_assert(plan{huge, 2, 1}[0].last == plan{huge, 2, 1}[1].first && plan{huge, 2, 1}[1].last == huge);
static_assert(plan{huge, 2, 1, 63}[0].last % 64 == 1 && plan{huge, 2, 1, 63}[1].last == huge);
static_assert(plan{10, huge}.size() == 10);

/// What is wrong with a plan, or nothing.
std::string plan_error(std::size_t size, std::size_t workers, std::size_t element, std::size_t misalignment) {
  plan const all{size, workers, element, misalignment};
  std::size_t unit = 1;
  while (unit * element % beat::cache_line != 0) ++unit;
  bool begins_with_line = false;
  for (std::size_t i = 0; i < unit; ++i)
    begins_with_line = begins_with_line || (i * element + misalignment) % beat::cache_line == 0;
  std::size_t const start = begins_with_line ? misalignment : 0;

  std::string const name = std::to_string(size) + " elements of " + std::to_string(element) + " bytes from " +
                           std::to_string(misalignment) + " for " + std::to_string(workers) + " workers: ";
  std::size_t next = 0, least = huge, most = 0;
  for (index_range const chunk : all) {
    if (chunk.first != next) return name + "a gap or an overlap at " + std::to_string(next);
    if (chunk.last <= chunk.first) return name + "an empty chunk at " + std::to_string(next);
    if (chunk.first != 0 && (chunk.first * element + start) % beat::cache_line != 0)
      return name + "no line begins at " + std::to_string(next);
    next = chunk.last;
    least = std::min(least, chunk.size());
    most = std::max(most, chunk.size());
  }
  if (next != size) return name + "its end is not reached";
  if (size != 0 && most - least > unit) return name + "sizes differ by " + std::to_string(most - least);
  if (all.size() > workers || (size != 0 && all.empty())) return name + "the number of chunks is wrong";
  // It could not have one more: each line has an element of its own.
  std::size_t const head = (beat::cache_line - start) % beat::cache_line / element;
  std::size_t const lines = size <= head ? (size != 0) : (head != 0) + (size - head + unit - 1) / unit;
  if (begins_with_line && unit * element == beat::cache_line && all.size() != std::min(workers, lines))
    return name + "there are fewer chunks than workers and lines";
  return "";
}

std::string first_plan_error() {
  for (std::size_t const element : {1U, 2U, 3U, 4U, 8U, 12U, 16U, 24U, 64U, 100U, 128U, 4096U})
    for (std::size_t const misalignment : {0U, 1U, 4U, 8U, 16U, 48U, 63U})
      for (std::size_t const workers : {1U, 2U, 3U, 4U, 7U, 64U})
        for (std::size_t size = 0; size < 200; ++size)
          if (std::string const wrong = plan_error(size, workers, element, misalignment); !wrong.empty()) return wrong;
  beat::random random{17};
  for (int i = 0; i < 200'000; ++i) {
    std::size_t const element = 1 + random.below(random.below(4) == 0 ? 1000 : 32);
    std::size_t const size = random.below(1 + random.below(i % 2 == 0 ? 300 : 1'000'000));
    std::string const wrong = plan_error(size, 1 + random.below(100), element, random.below(beat::cache_line));
    if (!wrong.empty()) return wrong;
  }
  return "";
}

}  // namespace

TEST_CASE("a plan has every index in one chunk and chunks are balanced and aligned", "[algorithm]") {
  CHECK(first_plan_error() == "");
}

TEST_CASE("a plan for nobody or of elements without a size is refused", "[algorithm]") {
  CHECK(task_test::error_of([] { plan{10, 0}; }) == beat::errc::invalid_argument);
  CHECK(task_test::error_of([] { plan{10, 1, 0}; }) == beat::errc::invalid_argument);
}

TEST_CASE("an iterator of a plan goes both ways", "[algorithm]") {
  plan const all{100, 5};
  auto i = all.begin();
  CHECK((*i++).first == 0);
  CHECK((*i).first == 20);
  CHECK((*++i).first == 40);
  CHECK((*i--).first == 40);
  CHECK((*--i).first == 0);
  i += 3;
  i -= 1;
  CHECK(i - all.begin() == 2);
  CHECK(i[1] == all[3]);
  CHECK(1 + i > i);
  CHECK(all.end() - 5 == all.begin());
  std::size_t sum = 0;
  for (std::size_t const index : all[1]) sum += index;
  CHECK(sum == 590);
}

TEST_CASE("work is distributed over the workers of a place and at the lines of an output", "[algorithm]") {
  auto& pool = random_inputs::pool_of<beat::ThreadPool>(4);
  CHECK(beat::distribute_work(pool, 1000) == plan{1000, 4});
  CHECK(beat::distribute_work(pool, 1000, sizeof(float)) == plan{1000, 4, sizeof(float)});
  CHECK(beat::distribute_work(beat::here(), 1000) == plan{1000, 1});
  CHECK(pool.run([](beat::context where) { return beat::distribute_work(where, 1000); }) == plan{1000, 4});
  CHECK(beat::distribute_work(pool, std::views::iota(0, 100)) == plan{100, 4});
  CHECK(beat::distribute_work(std::deque<char>(100), 7) == plan{100, 7});

  alignas(beat::cache_line) static std::array<double, 1003> values;
  for (std::size_t skipped = 0; skipped < 8; ++skipped) {
    std::span const output = std::span{values}.subspan(skipped);
    for (index_range const chunk : beat::distribute_work(pool, output))
      if (chunk.first != 0) REQUIRE(reinterpret_cast<std::uintptr_t>(&output[chunk.first]) % beat::cache_line == 0);
  }
}

TEST_CASE("execute calls its body once for each chunk of any plan", "[algorithm]") {
  CHECK(random_inputs::first_wrong(
            [](beat::context where, beat::random& random, std::size_t size) {
              plan const all{size, 1 + random.below(70), 1 + random.below(64)};
              std::vector<int> visits(size);
              auto const body = [&](index_range chunk) {
                random_inputs::hand_over();
                for (std::size_t const i : chunk) ++visits[i];
              };
              beat::chunk_policy const chunks = random.below(2) == 0 ? beat::chunks::adaptive : beat::chunks::grain<1>;
              beat::execute(where, all, body, {.chunks = chunks});
              return std::ranges::count(visits, 1) == static_cast<std::ptrdiff_t>(size);
            },
            build_kind::is_sanitized ? 2'000 : 20'000) == "");

  std::atomic<std::size_t> sum{0};
  auto const add = [&](index_range chunk) { sum += chunk.size(); };
  beat::execute(random_inputs::pool_of<beat::ThreadPool>(2), beat::static_plan<1000, 4, 8>(), add);
  beat::execute(beat::here(), std::vector<index_range>{{0, 1}, {5, 8}}, add);
  CHECK(sum == 1004);
}

TEST_CASE("the first chunk that throws ends a plan and arrives", "[algorithm]") {
  auto& pool = random_inputs::pool_of<beat::ThreadPool>(4);
  long const blown = random_inputs::blow_each([&](random_inputs::fuse& fuse) {
    beat::execute(pool, plan{100, 10}, random_inputs::with_fuse(fuse, [](index_range) {}));
  });
  CHECK(blown == 10);

  std::vector<std::size_t> failed;
  try {
    beat::execute(pool, plan{100, 10},
                  [](index_range chunk) {
                    if (chunk.first % 30 == 0) throw 1;
                  },
                  {.errors = beat::error_policy::collect_all});
  } catch (beat::aggregate_error const& e) {
    for (auto const& each : e.errors()) failed.push_back(each.index);
  }
  CHECK(failed == std::vector<std::size_t>{0, 3, 6, 9});
}

TEST_CASE("a plan is stopped by its token", "[algorithm]") {
  auto& pool = random_inputs::pool_of<beat::ThreadPool>(4);
  algorithm_test::stop_request stop;
  std::error_code const code = task_test::error_of([&] {
    beat::execute(pool, plan{10'000, 10'000}, [&](index_range chunk) { stop.begin(chunk.first == 100); },
                  {.stop = stop.token()});
  });
  CHECK(code == beat::errc::cancelled);
  CHECK(stop.late() <= 4);
}
