// SPDX-License-Identifier: MIT
// The Chase-Lev deque under every schedule: each item goes to exactly one, and whoever got it sees what was written
// before it was pushed.

#include <beat/runtime/deque.hpp>
#include <beat/runtime/event_count.hpp>

#include "catch.hpp"
#include "explorer.hpp"

namespace {

using beat::steal_status;

struct item {
  model::plain<int> ready = 0;  // set before the push
  model::plain<int> found = 0;  // by whoever got the item

  void make() { ready = 1; }
  void find() {
    model::expect(ready == 1, "an item was got before it was made");
    found = found + 1;
  }
};

using deque = beat::deque<item, model::atomics>;

void push(deque& d, item& i) {
  i.make();
  d.for_owner().push(&i);
}

template <std::size_t count>
void push_all(deque& d, item (&items)[count]) {
  for (item& i : items) push(d, i);
}

void take(deque& d) {
  if (item* const got = d.for_owner().take()) got->find();
}

void steal(deque& d) {
  auto const got = d.for_thieves().steal();
  if (got.status == steal_status::stolen) got.loot->find();
}

/// What is left goes to the owner; then every item was found once.
template <std::size_t count>
void all_found(deque& d, item (&items)[count]) {
  while (item* const got = d.for_owner().take()) got->find();
  for (item& i : items) model::expect(i.found == 1, "an item was lost, or got by two");
}

}  // namespace

TEST_CASE("deque: the last item goes to the owner or to one thief", "[model][deque]") {
  model::verify({.at_least = 5'600}, [] {
    deque d{2};
    item items[1];
    model::parallel(
        [&] {
          push(d, items[0]);
          take(d);
        },
        [&] { steal(d); }, [&] { steal(d); });
    all_found(d, items);
  });
}

TEST_CASE("deque: two items, an owner and a thief who meet", "[model][deque]") {
  model::verify({.at_least = 3'200}, [] {
    deque d{2};
    item items[2];
    model::parallel(
        [&] {
          push_all(d, items);
          take(d);
          take(d);
        },
        [&] {
          steal(d);
          steal(d);
        });
    all_found(d, items);
  });
}

TEST_CASE("deque: two items and two thieves", "[model][deque]") {
  model::verify({.at_least = 9'300}, [] {
    deque d{2};
    item items[2];
    push_all(d, items);
    model::parallel([&] { take(d), take(d); }, [&] { steal(d); }, [&] { steal(d); });
    all_found(d, items);
  });
}

TEST_CASE("deque: emptied, filled again and emptied", "[model][deque]") {
  model::verify({.at_least = 25'700}, [] {
    deque d{2};
    item items[3];
    model::parallel(
        [&] {
          push(d, items[0]);
          take(d);
          push(d, items[1]);
          push(d, items[2]);
          take(d);
          take(d);
        },
        [&] {
          steal(d);
          steal(d);
        });
    all_found(d, items);
  });
}

TEST_CASE("deque: a thief that found it empty sleeps, and is woken", "[model][deque]") {
  model::verify({.at_least = 2'000}, [] {
    deque d{2};
    beat::event_count<model::atomics> sleepers;
    item items[1];
    model::parallel(
        [&] {
          take(d);
          push(d, items[0]);
          sleepers.notify_one();
        },
        [&] {
          while (d.for_thieves().empty()) {
            auto const key = sleepers.prepare();
            if (!d.for_thieves().empty()) {
              sleepers.cancel();
              break;
            }
            sleepers.wait(key);
          }
          steal(d);
        });
    model::expect(items[0].found == 1, "the item was not got");
  });
}

TEST_CASE("deque: who finds it empty sees what was done before by whoever emptied it", "[model][deque]") {
  model::verify({.at_least = 1'100}, [] {
    deque d{2};
    item items[2];
    push_all(d, items);
    model::atomic<int> region[2] = {0, 0};
    model::parallel(
        [&] {
          region[0].store(1, std::memory_order_relaxed);
          take(d);
        },
        [&] {
          region[1].store(1, std::memory_order_relaxed);
          steal(d);
        },
        [&] {
          if (!d.for_thieves().empty()) return;
          int const seen = region[0].load(std::memory_order_relaxed) + region[1].load(std::memory_order_relaxed);
          model::expect(seen == 2, "it is empty, but nobody seems to have begun what was in it");
        });
    all_found(d, items);
  });
}

TEST_CASE("deque: the ring grows and wraps while a thief holds the old one", "[model][deque]") {
  model::verify({.at_least = 27'300}, [] {
    deque d{1};
    item items[3];
    model::parallel(
        [&] {
          push_all(d, items);
          take(d);
        },
        [&] {
          steal(d);
          steal(d);
        });
    all_found(d, items);
  });
}
