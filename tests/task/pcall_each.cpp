// SPDX-License-Identifier: MIT
#include <atomic>
#include <beat.hpp>
#include <cstddef>
#include <forward_list>
#include <latch>
#include <list>
#include <ranges>
#include <stdexcept>
#include <string>
#include <vector>

#include "catch.hpp"
#include "support.hpp"

namespace {

using namespace task_test;

struct part {
  int updates = 0;
  void update() { ++updates; }
};

template <class Range>
int wrong_after_update(Range& parts) {
  beat::pcall_each(parts, [](part& p) { p.update(); });
  beat::pcall_each(parts, &part::update);
  int wrong = 0;
  for (part const& p : parts) wrong += p.updates != 2;
  return wrong;
}

}  // namespace

TEMPLATE_TEST_CASE("pcall_each calls the function once for each element of any forward range", "[unit]",
                   std::vector<part>, std::list<part>, std::forward_list<part>) {
  std::size_t const size = GENERATE(std::size_t{0}, std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{1000});
  TestType parts(size);
  CHECK(wrong_after_update(parts) == 0);  // outside of a pool
  for (part& p : parts) p.updates = 0;
  beat::ThreadPool pool{2};
  CHECK(pool.run([&] { return wrong_after_update(parts); }) == 0);
}

TEST_CASE("pcall_each walks views", "[unit]") {
  beat::ThreadPool pool{2};
  std::atomic<int> sum{0};
  pool.run([&] {
    auto odd = std::views::iota(0, 100) | std::views::filter([](int i) { return i % 2 != 0; });
    beat::pcall_each(odd, [&](int i) { sum += i; });
  });
  CHECK(sum == 2500);
}

TEST_CASE("the leftmost exception leaves pcall_each after all calls have ended", "[unit]") {
  unsigned const workers = GENERATE(1U, 2U, 4U);
  beat::ThreadPool pool{workers};
  std::atomic<int> calls{0};
  auto const attempt = [&] {
    beat::pcall_each(std::views::iota(0, 100), [&](int i) {
      ++calls;
      if (i % 7 == 5) throw std::runtime_error{"element " + std::to_string(i)};
    });
  };
  CHECK(message_of([&] { pool.run(attempt); }) == "element 5");
  CHECK(calls == 100);
}

TEST_CASE("the calls of pcall_each run at once where there are workers for them", "[unit]") {
  beat::ThreadPool pool{4};
  std::latch all{4};
  std::atomic<int> met{0};
  pool.run([&] {
    beat::pcall_each(std::views::iota(0, 4), [&](int) {
      all.arrive_and_wait();  // each needs the other three
      ++met;
    });
  });
  CHECK(met == 4);
}
