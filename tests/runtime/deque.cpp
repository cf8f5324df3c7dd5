// SPDX-License-Identifier: MIT
// The Chase-Lev deque: order, growth, and that each item is delivered exactly once.

#include <atomic>
#include <beat/base/atomics.hpp>
#include <beat/runtime/deque.hpp>
#include <memory>
#include <thread>
#include <vector>

#include "catch.hpp"

namespace {

using deque = beat::deque<int, beat::std_atomics>;
using beat::steal_status;

}  // namespace

TEST_CASE("a deque gives its owner the youngest and thieves the oldest item", "[unit]") {
  deque d{8};
  auto const owner = d.for_owner();
  auto const thief = d.for_thieves();
  int items[4] = {};
  CHECK(owner.take() == nullptr);
  CHECK(thief.empty());
  CHECK(thief.steal().status == steal_status::empty);
  for (int& item : items) owner.push(&item);
  CHECK_FALSE(thief.empty());
  CHECK(thief.steal().loot == &items[0]);
  CHECK(owner.take() == &items[3]);
  CHECK(thief.steal().loot == &items[1]);
  CHECK(owner.take() == &items[2]);
  CHECK(owner.take() == nullptr);
  CHECK(thief.steal().loot == nullptr);
  owner.push(&items[0]);  // an empty deque can be used again
  CHECK(owner.take() == &items[0]);
}

TEST_CASE("a deque grows and keeps what it has in order", "[unit]") {
  std::vector<int> items(1000);
  std::size_t const taken_first = GENERATE(0U, 1U, 3U);  // the ring's beginning is not at its first slot
  deque d{1};
  auto const owner = d.for_owner();
  auto const thief = d.for_thieves();
  for (std::size_t i = 0; i < taken_first; ++i) {
    owner.push(&items[0]);
    REQUIRE(thief.steal().loot == &items[0]);
  }
  for (int& item : items) owner.push(&item);
  bool in_order = true;
  for (std::size_t i = 0; i < 500; ++i) in_order = in_order && thief.steal().loot == &items[i];
  for (std::size_t i = 1000; i > 500; --i) in_order = in_order && owner.take() == &items[i - 1];
  CHECK(in_order);
  CHECK(owner.take() == nullptr);
}

TEST_CASE("each item of a deque is delivered once", "[unit]") {
  std::size_t const thieves = GENERATE(1U, 3U);
  std::size_t const batch = GENERATE(1U, 2U, 100U);  // 1: owner and thieves meet at the last item each time
  constexpr std::size_t count = 60'000;
  std::vector<std::atomic<int>> deliveries(count);
  std::vector<int> items(count);
  deque d{1};  // and it grows under the thieves
  std::atomic<bool> done{false};
  auto const deliver = [&](int const* item) { ++deliveries[static_cast<std::size_t>(item - items.data())]; };
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < thieves; ++t)
    threads.emplace_back([&] {
      while (!done || !d.for_thieves().empty())
        if (auto const got = d.for_thieves().steal(); got.status == steal_status::stolen) deliver(got.loot);
    });
  for (std::size_t i = 0; i < count; i += batch) {
    for (std::size_t k = i; k < std::min(count, i + batch); ++k) d.for_owner().push(&items[k]);
    for (std::size_t k = 0; k < (batch + 1) / 2; ++k)
      if (int const* item = d.for_owner().take()) deliver(item);
  }
  while (int const* item = d.for_owner().take()) deliver(item);
  done = true;
  for (std::thread& t : threads) t.join();
  std::size_t wrong = 0;
  for (auto const& n : deliveries) wrong += n == 1 ? 0U : 1U;
  CHECK(wrong == 0);
}
