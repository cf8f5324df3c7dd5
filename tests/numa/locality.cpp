// SPDX-License-Identifier: MIT
// Work stays where its data is: hints, and who is robbed first. Pools are placed by `compact`, so that CPU i has worker
// i, and no other.

#include <algorithm>
#include <atomic>
#include <barrier>
#include <beat.hpp>
#include <chrono>
#include <cstddef>
#include <latch>
#include <mutex>
#include <vector>

#include "numa/machine.hpp"

namespace {

using beat::node_id;
using beat::placement_policy;

// Runs one task after the other, each with the hint of another node, and counts those that ran there.
unsigned honoured_when_idle(beat::ThreadPool& pool, unsigned tasks) {
  unsigned honoured = 0;
  for (unsigned i = 0; i < tasks; ++i) {
    unsigned const node = i % guest::nodes;
    auto where = pool.submit([] { return guest::current_node(); }, {.affinity_hint = node_id{node}});
    // wait_for() runs nothing here, as get() would.
    if (where.wait_for(std::chrono::minutes{1}) && where.get() == node) ++honoured;
  }
  return honoured;
}

// The same for tasks that are all there from the start, and take a while.
unsigned honoured_when_busy(beat::ThreadPool& pool, unsigned tasks) {
  std::atomic<unsigned> honoured{0};
  std::latch all{static_cast<std::ptrdiff_t>(tasks)};
  for (unsigned i = 0; i < tasks; ++i) {
    unsigned const node = i % guest::nodes;
    pool.post(
        [&, node] {
          auto const end = std::chrono::steady_clock::now() + std::chrono::microseconds{300};
          while (std::chrono::steady_clock::now() < end) {
          }
          if (guest::current_node() == node) ++honoured;
          all.count_down();
        },
        {.affinity_hint = node_id{node}});
  }
  all.wait();
  pool.wait();
  return honoured;
}

// Which workers' tasks `thief` runs, in this order, where it finds four of each victim's, and all others are held.
std::vector<unsigned> robbed_in_order(unsigned thief, std::vector<unsigned> const& victims) {
  beat::ThreadPool pool{{.placement = placement_policy::compact}};
  std::vector<unsigned> robbed;
  std::mutex guard;
  std::barrier meeting{static_cast<std::ptrdiff_t>(guest::cpus)};
  std::latch all_robbed{static_cast<std::ptrdiff_t>(4 * victims.size())};
  for (unsigned i = 0; i < guest::cpus; ++i)
    pool.post([&] {
      unsigned const me = beat::current_cpu();
      meeting.arrive_and_wait();  // each worker is here now, and nobody looks for work
      if (std::find(victims.begin(), victims.end(), me) != victims.end())
        for (int k = 0; k < 4; ++k)
          pool.post([&, me] {
            {
              std::lock_guard const lock{guard};
              robbed.push_back(beat::current_cpu() == thief ? me : guest::cpus);
            }
            all_robbed.count_down();
          });
      meeting.arrive_and_wait();
      if (me != thief) all_robbed.wait();
    });
  all_robbed.wait();
  pool.shutdown();
  return robbed;
}

std::vector<unsigned> four_of_each(std::vector<unsigned> const& workers) {
  std::vector<unsigned> result;
  for (unsigned const worker : workers) result.insert(result.end(), 4, worker);
  return result;
}

}  // namespace

// Of the first pool of the process: a later one gets memory that others have used before.
TEST_CASE("what a worker needs lies on its node", "[numa]") {
  beat::ThreadPool pool{{.placement = placement_policy::compact}};
  std::vector<unsigned> workers(guest::cpus, guest::nodes);
  std::vector<unsigned> stacks(guest::cpus, guest::nodes);
  std::latch all{static_cast<std::ptrdiff_t>(guest::cpus)};
  for (unsigned i = 0; i < guest::cpus; ++i)
    pool.post([&] {
      unsigned const me = beat::current_cpu();
      workers[me] = beat::node_of(beat::detail::current_lane->self).value_or(guest::nodes);
      stacks[me] = beat::node_of(&me).value_or(guest::nodes);
      all.arrive_and_wait();
    });
  all.wait();
  pool.shutdown();
  CHECK(workers == std::vector<unsigned>{0, 0, 1, 1, 2, 2, 3, 3});
  CHECK(stacks == std::vector<unsigned>{0, 0, 1, 1, 2, 2, 3, 3});
}

// Chance would honour a quarter of the hints.
TEST_CASE("a hint is honoured where its node has an idle worker", "[numa]") {
  beat::ThreadPool pool{{.placement = placement_policy::compact}};
  CHECK(honoured_when_idle(pool, 80) >= 76);
  CHECK(honoured_when_busy(pool, 400) >= 240);

  for (auto const& bound : pool.rebind(placement_policy::scatter)) CHECK(bound.has_value());
  CHECK(honoured_when_idle(pool, 80) >= 76);
}

TEST_CASE("a hint is no command", "[numa]") {
  beat::ThreadPool pool{{.workers = 2, .placement = placement_policy::compact}};  // both on node 0
  CHECK(honoured_when_busy(pool, 40) == 10);
  pool.post([] {}, {.affinity_hint = node_id{guest::nodes}});  // there is no such node
  pool.wait();
  CHECK(pool.stats().completed == 41);
}

TEST_CASE("near victims are robbed first", "[numa]") {
  for (int i = 0; i < 3; ++i) {
    CHECK(robbed_in_order(1, {0, 2, 4}) == four_of_each({0, 2, 4}));
    CHECK(robbed_in_order(1, {7, 3, 0}) == four_of_each({0, 3, 7}));
    CHECK(robbed_in_order(4, {1, 5, 6}) == four_of_each({5, 6, 1}));
    CHECK(robbed_in_order(6, {0, 5}) == four_of_each({5, 0}));
  }
}
