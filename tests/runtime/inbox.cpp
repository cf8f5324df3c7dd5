// SPDX-License-Identifier: MIT
// The inbox: order of arrival, limits, and that each node reaches one taker.

#include <atomic>
#include <beat/base/atomics.hpp>
#include <beat/runtime/inbox.hpp>
#include <thread>
#include <vector>

#include "catch.hpp"

namespace {

struct node {
  node* next = nullptr;
  int producer = 0;
  int number = 0;
};

using inbox = beat::inbox<node, beat::std_atomics>;

std::vector<int> take(inbox& box, std::size_t limit) {
  std::vector<int> numbers;
  std::size_t const count = box.take(limit, [&](node* n) { numbers.push_back(n->number); });
  CHECK(count == numbers.size());
  return numbers;
}

}  // namespace

TEST_CASE("an inbox gives nodes in order of arrival and no more than asked for", "[unit]") {
  inbox box;
  std::vector<node> nodes(6);
  CHECK(box.empty());
  CHECK(take(box, 3).empty());
  for (int i = 0; i < 5; ++i) {
    nodes[static_cast<std::size_t>(i)].number = i;
    box.push(&nodes[static_cast<std::size_t>(i)]);
  }
  CHECK_FALSE(box.empty());
  CHECK(take(box, 2) == std::vector{0, 1});
  nodes[5].number = 5;
  box.push(&nodes[5]);
  CHECK(take(box, 2) == std::vector{2, 3});
  CHECK_FALSE(box.empty());
  CHECK(take(box, 10) == std::vector{4});  // what came later comes with the next call
  CHECK(take(box, 10) == std::vector{5});
  CHECK(box.empty());
}

TEST_CASE("an inbox can be filled by what it gives", "[unit]") {
  inbox box;
  node a;
  box.push(&a);
  int rounds = 0;
  while (rounds < 5) box.take(1, [&](node* n) { ++rounds, box.push(n); });
  CHECK(rounds == 5);
  CHECK_FALSE(box.empty());
}

TEST_CASE("each node of an inbox reaches one taker and keeps its producer's order", "[unit]") {
  int const takers = GENERATE(1, 3);
  constexpr int producers = 3;
  constexpr int each = 20'000;
  std::vector<node> nodes(producers * each);
  std::vector<std::atomic<int>> taken(producers * each);
  inbox box;
  std::atomic<int> left{producers * each};
  std::atomic<bool> in_order{true};
  std::vector<std::thread> threads;
  for (int p = 0; p < producers; ++p)
    threads.emplace_back([&, p] {
      for (int i = 0; i < each; ++i) {
        node& n = nodes[static_cast<std::size_t>(p * each + i)];
        n.producer = p;
        n.number = i;
        box.push(&n);
      }
    });
  for (int t = 0; t < takers; ++t)
    threads.emplace_back([&] {
      std::vector<int> last(producers, -1);
      while (left > 0) {
        std::size_t const count = box.take(7, [&](node* n) {
          ++taken[static_cast<std::size_t>(n->producer * each + n->number)];
          int& before = last[static_cast<std::size_t>(n->producer)];
          if (n->number <= before) in_order = false;
          before = n->number;
          --left;
        });
        if (count == 0) std::this_thread::yield();
      }
    });
  for (std::thread& t : threads) t.join();
  int wrong = 0;
  for (auto const& n : taken) wrong += n == 1 ? 0 : 1;
  CHECK(wrong == 0);
  CHECK(in_order);
  CHECK(box.empty());
}
