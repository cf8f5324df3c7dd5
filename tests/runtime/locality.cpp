// SPDX-License-Identifier: MIT
// Pools on machines with nodes: whose task is whose, and what moves. The machines are described, and their nodes are
// made of the CPUs that this process has: with two of them workers are really apart.

#include <atomic>
#include <beat.hpp>
#include <chrono>
#include <latch>
#include <string>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "machine_of.hpp"

namespace {

using policy = beat::placement_policy;

/// A machine with a node for each usable CPU, but at most two.
beat::topology by_cpu() {
  std::vector<beat::cpu_set> nodes;
  for (unsigned const cpu : beat::this_thread_affinity())
    if (nodes.size() < 2) nodes.push_back({cpu});
  return machine_of(nodes);
}

/// A machine on which each of two workers has a node of its own; that they may not be bound there is no matter.
beat::topology on_paper() { return beat::topology_from_synthetic("package:2 core:1"); }

/// The worker that runs the caller.
std::uint32_t me() { return beat::detail::current_lane->self->id(); }

beat::pool_options two_nodes() { return {.workers = 2, .placement = policy::compact, .machine = on_paper()}; }

}  // namespace

TEST_CASE("a hinted task goes to the idle worker of its node", "[unit]") {
  beat::ThreadPool pool{two_nodes()};
  constexpr int tasks = 400;
  int honoured = 0;
  for (int i = 0; i < tasks; ++i) {
    beat::node_id const node{static_cast<unsigned>(i % 2)};
    if (i % 8 == 0) std::this_thread::sleep_for(std::chrono::microseconds{200});
    std::atomic<std::uint32_t> ran{99};
    pool.post([&ran] { ran = me(); }, {.affinity_hint = node});
    while (ran == 99) std::this_thread::yield();
    honoured += ran == node.value ? 1 : 0;
  }
  CHECK(honoured > tasks * 3 / 4);  // chance would give half
}

TEST_CASE("a hinted task is run though its node is at work, and though there is no such node", "[unit]") {
  beat::ThreadPool pool{two_nodes()};
  std::latch busy{2};
  std::atomic<bool> goes_on{true};
  pool.post([&] { busy.count_down(), goes_on.wait(true); }, {.affinity_hint = beat::node_id{1}});
  std::atomic<int> ran{0};
  for (unsigned const node : {1U, 0U, 7U})
    for (int i = 0; i < 50; ++i) pool.post([&] { ++ran; }, {.affinity_hint = beat::node_id{node}});
  while (ran != 150) std::this_thread::yield();
  busy.count_down();
  goes_on = false;
  goes_on.notify_all();
  pool.wait();

  beat::ThreadPool nowhere{2};
  CHECK(nowhere.submit([] { return 4; }, {.affinity_hint = beat::node_id{1}}).get() == 4);
}

TEST_CASE("a task hints at another node, and its pool has ended when it was stopped", "[unit]") {
  beat::ThreadPool pool{two_nodes()};
  std::atomic<int> ran{0};
  for (int i = 0; i < 200; ++i)
    pool.post([&] {
      for (unsigned const node : {0U, 1U}) pool.post([&] { ++ran; }, {.affinity_hint = beat::node_id{node}});
    });
  pool.shutdown();
  CHECK(ran == 400);
}

TEST_CASE("a future of a hinted task is got by whoever waits inside the pool", "[unit]") {
  beat::ThreadPool pool{two_nodes()};
  for (int i = 0; i < 100; ++i) {
    auto const node = beat::node_id{static_cast<unsigned>(i % 2)};
    int const sum = pool.submit(
                            [&pool, node] {
                              auto other =
                                  pool.submit([] { return 1; }, {.affinity_hint = beat::node_id{1 - node.value}});
                              return other.get() + 1;
                            },
                            {.affinity_hint = node})
                        .get();
    CHECK(sum == 2);
  }
}

TEST_CASE("what a worker finds near is robbed before what is far", "[unit]") {
  // Workers 0 and 1 are one node, 2 and 3 another one. Two of them have a task in their deques each.
  beat::ThreadPool pool{
      {.workers = 4, .placement = policy::compact, .machine = beat::topology_from_synthetic("package:2 core:2")}};
  int near = 0;
  constexpr int rounds = 40;
  for (int round = 0; round < rounds; ++round) {
    std::atomic<bool> holds{true};
    std::atomic<int> held{0};
    std::atomic<int> queued{0};
    std::atomic<std::uint32_t> free_one{99};
    std::atomic<std::uint32_t> thief{99};
    std::atomic<std::uint32_t> first_owner{99};
    std::atomic<int> ran{0};
    // All four are held; then the owners queue a task each, and one thief is let go.
    for (int i = 0; i < 4; ++i)
      pool.post([&] {
        std::uint32_t const self = me();
        ++held;
        while (held != 4) std::this_thread::yield();
        if (self % 2 == 0) {
          pool.post([&, self] {
            if (ran.fetch_add(1) == 0) thief = me(), first_owner = self;
          });
          ++queued;
        }
        while (holds && free_one != self) std::this_thread::yield();
      });
    while (queued != 2) std::this_thread::yield();
    std::uint32_t const chosen = round % 2 == 0 ? 1 : 3;
    free_one = chosen;
    while (ran == 0) std::this_thread::yield();
    if (thief == chosen) near += first_owner == chosen - 1 ? 1 : 0;
    holds = false;
    pool.wait();
  }
  CHECK(near > rounds * 3 / 4);  // chance would give half
}

TEST_CASE("a pool that could not place its workers says so and works", "[unit]") {
  std::vector<std::string> warnings;
  beat::ThreadPool pool{{.workers = 3,
                         .placement = policy::compact,
                         .machine = beat::topology_from_synthetic("package:1 core:2048 usable:2000-2002"),
                         .on_warning = [&](std::string_view text) { warnings.emplace_back(text); }}};
  CHECK(pool.submit([] { return 5; }).get() == 5);
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0].find("3 of 3 workers could not be bound") != std::string::npos);
}

TEST_CASE("workers move where they are told to, and what is refused is said of each", "[unit]") {
  beat::topology const machine = by_cpu();
  beat::ThreadPool pool{{.workers = 2, .machine = machine}};
  auto const masks = [&] {
    std::vector<beat::cpu_set> result(2);
    std::latch all{2};
    for (int i = 0; i < 2; ++i)
      pool.post([&] {
        result[me()] = beat::this_thread_affinity();
        all.arrive_and_wait();
      });
    all.wait();
    pool.wait();  // until then they use the latch
    return result;
  };
  auto const moved = [&](policy where) {
    auto const results = pool.rebind(where);
    CHECK(results.size() == 2);
    for (auto const& result : results) CHECK(result.has_value() == (BEAT_HAS_LINUX() == 1));
  };
  moved(policy::compact);
  if (BEAT_HAS_LINUX()) CHECK(masks() == beat::optimal_thread_placement(machine, 2, policy::compact));
  moved(policy::none);
  if (BEAT_HAS_LINUX()) CHECK(masks() == std::vector<beat::cpu_set>(2, machine.usable()));
  moved(policy::scatter);
  CHECK(pool.submit([] { return 6; }).get() == 6);

  auto const elsewhere = beat::topology_from_synthetic("package:1 core:2048 usable:2000-2002");
  beat::ThreadPool lost{{.workers = 2, .machine = elsewhere}};
  for (auto const& result : lost.rebind(policy::compact)) CHECK_FALSE(result.has_value());
  CHECK(lost.submit([] { return 7; }).get() == 7);
}

TEST_CASE("a pool may move while it works", "[unit]") {
  beat::ThreadPool pool{two_nodes()};
  std::atomic<bool> goes_on{true};
  std::atomic<long> ran{0};
  std::thread sender{[&] {
    long sent = 0;
    while (goes_on) {
      for (unsigned const node : {0U, 1U}) pool.post([&] { ++ran; }, {.affinity_hint = beat::node_id{node}}), ++sent;
      if (sent % 256 == 0) pool.wait();
    }
    pool.wait();
    goes_on = sent == ran;
  }};
  for (int i = 0; i < 40; ++i) {
    static_cast<void>(pool.rebind(i % 2 == 0 ? policy::scatter : i % 4 == 1 ? policy::none : policy::compact));
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  goes_on = false;
  sender.join();
  CHECK(goes_on);
  CHECK(ran > 0);
}

// A thread may sleep at the home that it had before.
TEST_CASE("a task that comes right after its pool moved is found", "[unit]") {
  beat::ThreadPool pool{
      {.workers = 8, .placement = policy::compact, .machine = beat::topology_from_synthetic("package:4 core:2")}};
  int lost = 0;
  for (int i = 0; i < 1000 && lost == 0; ++i) {
    static_cast<void>(pool.rebind(i % 2 == 0 ? policy::scatter : policy::compact));
    for (unsigned k = 0; k < 8; ++k) {
      auto const task = pool.submit([] {}, {.affinity_hint = beat::node_id{k % 4}});
      if (!task.wait_for(std::chrono::seconds{20})) ++lost;  // it helps nobody, as wait() would
    }
  }
  CHECK(lost == 0);
}
