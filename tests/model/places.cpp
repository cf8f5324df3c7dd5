// SPDX-License-Identifier: MIT
// The places of a bounded queue under every schedule: nobody sleeps while one is free, or once there are none for good;
// and no more are taken from outside than there are.

#include <beat/runtime/places.hpp>

#include "catch.hpp"
#include "explorer.hpp"

namespace {

using beat::place;

struct queue {
  beat::places<model::atomics> places;
  model::atomic<int> queued{0};

  explicit queue(std::uint64_t limit) { places.set_limit(limit); }

  /// A task from outside is queued, unless the queue is closed.
  place send() {
    place const got = places.take();
    if (got == place::taken) {
      model::expect(queued.fetch_add(1, std::memory_order_relaxed) < 1, "more are queued than there are places");
    }
    return got;
  }

  /// One that was queued begins.
  void begin() {
    queued.fetch_sub(1, std::memory_order_relaxed);
    places.give_back();
  }
};

}  // namespace

TEST_CASE("places: one waits for a task to begin", "[model][places]") {
  model::verify({.at_least = 149}, [] {
    queue q{1};
    model::expect(q.send() == place::taken, "a place is not free");
    model::parallel([&] { model::expect(q.send() == place::taken, "closed, but nobody did that"); },
                    [&] { q.begin(); });
  });
}

TEST_CASE("places: two wait for two tasks to begin", "[model][places]") {
  model::verify({.preemptions = 2, .at_least = 51'600}, [] {
    queue q{1};
    model::expect(q.send() == place::taken, "a place is not free");
    auto const pass = [&] {
      model::expect(q.send() == place::taken, "closed, but nobody did that");
      q.begin();
    };
    model::parallel(pass, pass, [&] { q.begin(); });
  });
}

TEST_CASE("places: one waits while the queue is closed", "[model][places]") {
  model::verify({.at_least = 97}, [] {
    queue q{1};
    model::expect(q.send() == place::taken, "a place is not free");
    model::parallel([&] { model::expect(q.send() == place::closed, "there was no place"); }, [&] { q.places.close(); });
  });
}

TEST_CASE("places: a task that can't be refused goes beyond the limit, and none is lost", "[model][places]") {
  model::verify({.preemptions = 2, .at_least = 3'600}, [] {
    beat::places<model::atomics> places;
    places.set_limit(1);
    places.take_anyway();
    model::parallel([&] { model::expect(places.take() == place::taken, "closed, but nobody did that"); },
                    [&] { places.take_anyway(), places.give_back(); }, [&] { places.give_back(); });
    model::expect(places.taken() == 1, "a place was lost");
  });
}
