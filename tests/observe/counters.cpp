// SPDX-License-Identifier: MIT
// Snapshots of what a pool did: arithmetic, names, text; and the counters that they are made of.

#include <beat/observe/counters.hpp>
#include <cstdint>
#include <set>
#include <sstream>
#include <string>
#include <thread>

#include "catch.hpp"

namespace {

/// Each counter another number: 1, 2, 3, ...
beat::pool_stats numbered() {
  beat::pool_stats stats;
  std::uint64_t next = 0;
  beat::pool_stats::for_each([&](char const*, std::uint64_t beat::pool_stats::* member) { stats.*member = ++next; });
  return stats;
}

}  // namespace

TEST_CASE("for_each names every counter of a snapshot once", "[unit]") {
  std::set<std::string> names;
  std::size_t count = 0;
  beat::pool_stats::for_each([&](char const* name, std::uint64_t beat::pool_stats::*) {
    names.insert(name);
    ++count;
  });
  CHECK(names.size() == count);
  CHECK(count * sizeof(std::uint64_t) == sizeof(beat::pool_stats));  // none was forgotten
  CHECK(numbered().submitted == 1);
  CHECK(numbered().parks == count);
}

TEST_CASE("snapshots are added and subtracted counter by counter", "[unit]") {
  constexpr beat::pool_stats zero;
  beat::pool_stats const one = numbered();
  beat::pool_stats const two = one + one;
  CHECK(two.cancelled == 2 * one.cancelled);
  CHECK(two.jobs_stolen == 2 * one.jobs_stolen);
  CHECK(two - one == one);
  CHECK(one - one == zero);
  CHECK(one + zero == one);
  CHECK_FALSE(one == two);
}

TEST_CASE("a snapshot is printed with names", "[unit]") {
  std::ostringstream out;
  out << numbered();
  CHECK(out.str() ==
        "submitted 1, completed 2, failed 3, cancelled 4, roots 5, tasks_stolen 6, jobs_stolen 7, published 8, "
        "forced 9, naps 10, parks 11");
}

TEST_CASE("a worker's counters show in its snapshot under their names", "[unit]") {
  beat::worker_counters counters;
  CHECK(counters.snapshot() == beat::pool_stats{});
  counters.completed.add();
  counters.failed.add(2);
  counters.cancelled.add(3);
  counters.roots.add(4);
  counters.tasks_stolen.add(5);
  counters.jobs_stolen.add(6);
  counters.published.add(7);
  counters.forced.add(8);
  counters.naps.add(9);
  counters.parks.add(10);
  beat::pool_stats const expected{.completed = 1,
                                  .failed = 2,
                                  .cancelled = 3,
                                  .roots = 4,
                                  .tasks_stolen = 5,
                                  .jobs_stolen = 6,
                                  .published = 7,
                                  .forced = 8,
                                  .naps = 9,
                                  .parks = 10};
  CHECK(counters.snapshot() == expected);
}

TEST_CASE("a counter can be read while its thread writes", "[unit]") {
  beat::counter count;
  std::thread writer{[&] {
    for (int i = 0; i < 100'000; ++i) count.add();
  }};
  bool grows = true;
  for (std::uint64_t last = 0, seen = 0; seen < 100'000; last = seen) {
    seen = count.read();
    grows = grows && seen >= last;
  }
  writer.join();
  CHECK(grows);
}
