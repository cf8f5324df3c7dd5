// SPDX-License-Identifier: MIT
// Tasks that are pinned to a node: where they run, who may run there afterwards, and what is refused.

#include <atomic>
#include <beat.hpp>
#include <exception>
#include <memory>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "machine_of.hpp"
#include "support.hpp"

namespace {

using namespace task_test;

constexpr unsigned no_such_cpu = beat::cpu_set::max_index;

/// Two nodes of one real CPU each, or one where this process has no more; no machine has the
/// CPU of the last node.
struct real_nodes {
  beat::cpu_set const all = beat::this_thread_affinity();
  std::vector<beat::cpu_set> cpus;

  real_nodes() {
    for (unsigned const cpu : all)
      if (cpus.size() < 2) cpus.push_back({cpu});
  }
  [[nodiscard]] unsigned count() const { return static_cast<unsigned>(cpus.size()); }
  [[nodiscard]] beat::topology machine() const {
    std::vector<beat::cpu_set> nodes = cpus;
    nodes.push_back({no_such_cpu});
    return machine_of(nodes);
  }
};

std::string message_of_error(std::exception_ptr const& error) {
  return message_of([&] { std::rethrow_exception(error); });
}

}  // namespace

TEST_CASE("a node where the pool can't run a task is refused with a word on what to do", "[unit]") {
  struct row {
    beat::pool_options options;
    beat::node_id node;
    std::string advice;
  };
  auto const machine = machine_of({{0}, {1}}, {1});
  std::vector<row> rows;
  rows.push_back({{.workers = 1}, {0}, "give the pool a placement or a machine"});
  rows.push_back({{.workers = 1, .machine = machine}, {1}, "node 1, where this process may use no CPU"});
  rows.push_back({{.workers = 1, .machine = machine}, {2}, "name another of the nodes 0 to 1"});
  for (row& r : rows) {
    beat::ThreadPool pool{std::move(r.options)};
    beat::task_options const pinned{.pinned_to = r.node};
    counted::live = 0;
    auto const task = [c = counted{1}] { static_cast<void>(c); };
    auto const refused = [&](auto const& queue) {
      CHECK(error_of(queue) == beat::errc::invalid_argument);
      CHECK(message_of(queue).find(r.advice) != std::string::npos);
    };
    beat::task_group group{pool};
    refused([&] { pool.post(task, pinned); });
    refused([&] { static_cast<void>(pool.try_post(task, pinned)); });
    refused([&] { static_cast<void>(pool.submit(task, pinned)); });
    refused([&] { group.run(task, pinned); });
    group.wait();
    CHECK(counted::live == 1);
    CHECK(pool.stats().submitted == 0);
  }
}

TEST_CASE("a closed pool says that it is closed to pinned tasks as well", "[unit]") {
  beat::ThreadPool pool{{.workers = 1, .machine = machine_of({{0}})}};
  pool.shutdown();
  CHECK(error_of([&] { pool.post([] {}, {.pinned_to = beat::node_id{0}}); }) == beat::errc::pool_shutdown);
  CHECK(pool.try_post([] {}, {.pinned_to = beat::node_id{0}}).error() == beat::errc::pool_shutdown);
}

TEST_CASE("a pinned task is cancelled by its stop token as others are", "[unit]") {
  beat::ThreadPool pool{{.workers = 1, .machine = machine_of({{no_such_cpu}})}};
  std::stop_source stopped;
  stopped.request_stop();
  auto task = pool.submit([] {}, {.stop = stopped.get_token(), .pinned_to = beat::node_id{0}});
  CHECK(error_of([&] { task.get(); }) == beat::errc::cancelled);  // and nobody tried to bind a thread
}

TEST_CASE("where the system refuses to bind a pinned task fails and does not run", "[unit]") {
  std::atomic<int> ran{0};
  std::atomic<int> handled{0};
  std::string message;
  beat::ThreadPool pool{
      {.workers = 2, .machine = real_nodes{}.machine(), .on_exception = [&](std::exception_ptr const& error) {
         ++handled;
         message = message_of_error(error);
       }}};
  beat::task_options const nowhere{.pinned_to = beat::node_id{real_nodes{}.count()}};
  auto task = pool.submit([&] { ++ran; }, nowhere);
  CHECK(error_of([&] { task.get(); }) == beat::errc::not_supported);
  beat::task_group group{pool};
  group.run([&] { ++ran; }, nowhere);
  CHECK(error_of([&] { group.wait(); }) == beat::errc::not_supported);
  pool.post([&] { ++ran; }, nowhere);
  pool.wait();
  CHECK(ran == 0);
  CHECK(handled == 1);
  CHECK(message.find(std::to_string(no_such_cpu)) != std::string::npos);
  CHECK(pool.stats().failed == 3);
}

TEST_CASE("a pinned task returns what others can return", "[unit]") {
  // All CPUs are on this node: nobody has to be bound, not even where nobody can be.
  beat::ThreadPool pool{{.workers = 1, .machine = machine_of({beat::this_thread_affinity()})}};
  beat::task_options const here{.pinned_to = beat::node_id{0}};
  int there = 0;
  CHECK(&pool.submit([&]() -> int& { return there; }, here).get() == &there);
  CHECK(*pool.submit([owned = std::make_unique<int>(7)]() mutable { return std::move(owned); }, here).get() == 7);
  CHECK(pool.submit([](beat::context where) { return &where.lane() == &beat::here().lane(); }, here).get());
  CHECK(message_of([&] { pool.submit([] { throw std::runtime_error{"own"}; }, here).get(); }) == "own");
  auto const increment = [&] { ++there; };
  pool.post(increment, here);
  CHECK(pool.try_post(increment, here));
  pool.wait();
  CHECK(there == 2);
}

#if BEAT_HAS_LINUX()

TEST_CASE("a pinned task runs on its node in pools with and without a placement", "[unit]") {
  auto const placement = GENERATE(beat::placement_policy::none, beat::placement_policy::compact);
  unsigned const workers = GENERATE(1U, 2U, 4U);
  real_nodes const nodes;
  beat::ThreadPool pool{{.workers = workers, .placement = placement, .machine = nodes.machine()}};
  struct sighting {
    unsigned node;
    unsigned cpu;
    beat::cpu_set affinity;
  };
  std::vector<beat::future<sighting>> seen;
  for (unsigned i = 0; i < 100; ++i) {
    unsigned const node = i % nodes.count();
    seen.push_back(pool.submit([node] { return sighting{node, beat::current_cpu(), beat::this_thread_affinity()}; },
                               {.affinity_hint = beat::node_id{0}, .pinned_to = beat::node_id{node}}));
  }
  for (auto& each : seen) {
    sighting const here = each.get();
    CHECK(beat::cpu_set{here.cpu} == nodes.cpus[here.node]);
    CHECK(here.affinity == nodes.cpus[here.node]);
  }
  CHECK(beat::this_thread_affinity() == nodes.all);
}

TEST_CASE("a thread that runs a pinned task may run afterwards where it might before", "[unit]") {
  real_nodes const nodes;
  beat::ThreadPool pool{{.workers = 1, .machine = nodes.machine()}};
  beat::task_options const pinned{.pinned_to = beat::node_id{0}};
  struct sighting {
    std::thread::id thread = std::this_thread::get_id();
    beat::cpu_set affinity = beat::this_thread_affinity();
  };
  // This thread has the only permit, and runs the tasks that it waits for.
  pool.run([&] {
    sighting const inside = pool.submit([] { return sighting{}; }, pinned).get();
    CHECK(inside.thread == std::this_thread::get_id());
    CHECK(inside.affinity == nodes.cpus[0]);
    CHECK(beat::this_thread_affinity() == nodes.all);
    CHECK_THROWS_AS(pool.submit([] { throw std::runtime_error{"own"}; }, pinned).get(), std::runtime_error);
    CHECK(beat::this_thread_affinity() == nodes.all);
  });
  CHECK(pool.submit([] { return sighting{}; }, pinned).get().affinity == nodes.cpus[0]);
  pool.post([] {}, pinned);
  while (!pool.wait_for(1s)) {  // which leaves the task to the worker
  }
  std::atomic<bool> is_free{false};
  pool.post([&] { is_free = beat::this_thread_affinity() == nodes.all; });
  while (!pool.wait_for(1s)) {
  }
  CHECK(is_free);
}

TEST_CASE("pinned tasks within pinned tasks each run on their own node", "[unit]") {
  real_nodes const nodes;
  beat::node_id const first{0};
  beat::node_id const last{nodes.count() - 1};
  beat::ThreadPool pool{{.workers = 1, .machine = nodes.machine()}};
  std::vector<beat::cpu_set> seen;
  beat::cpu_set outside;  // where threads may run that are started there
  auto const look = [&] { seen.push_back(beat::this_thread_affinity()); };
  pool.run([&] {
    pool.submit(
            [&] {
              look();
              pool.submit(look, {.pinned_to = last}).get();
              pool.submit([&] { outside = beat::detail::bound_scope::outermost(); }, {.pinned_to = last}).get();
              look();
            },
            {.pinned_to = first})
        .get();
    look();
  });
  CHECK(seen == std::vector{nodes.cpus.front(), nodes.cpus.back(), nodes.cpus.front(), nodes.all});
  CHECK(outside == nodes.all);
}

TEST_CASE("threads that a pool starts within a pinned task are not bound with it", "[unit]") {
  real_nodes const nodes;
  beat::ThreadPool pool{{.workers = 1, .machine = nodes.machine()}};
  beat::cpu_set of_spare;
  beat::cpu_set of_other_pool;
  pool.post(
      [&] {
        beat::ThreadPool other{1};
        other.post([&] { of_other_pool = beat::this_thread_affinity(); });
        while (!other.wait_for(1s)) {
        }
        // It blocks, so that another thread has to be started for this task.
        auto task = pool.submit([&] { of_spare = beat::this_thread_affinity(); });
        while (!task.wait_for(1s)) {
        }
      },
      {.pinned_to = beat::node_id{0}});
  while (!pool.wait_for(1s)) {
  }
  CHECK(of_spare == nodes.all);
  CHECK(of_other_pool == nodes.all);
}

namespace {

/// Binds the pool of one worker anew while that one runs a task which is pinned to `node`: what it said, and where the
/// worker may run once the task has ended.
std::pair<beat::expected<void>, beat::cpu_set> bound_anew_within_pin(beat::ThreadPool& pool, beat::node_id node,
                                                                     beat::placement_policy placement) {
  std::atomic<bool> begun{false};
  std::atomic<bool> go_on{false};
  pool.post(
      [&] {
        begun = true;
        wait_for(go_on);
      },
      {.pinned_to = node});
  wait_for(begun);
  beat::expected<void> const result = pool.rebind(placement)[0];
  go_on = true;
  beat::cpu_set affinity;
  pool.post([&] { affinity = beat::this_thread_affinity(); });
  while (!pool.wait_for(1s)) {
  }
  return {result, affinity};
}

}  // namespace

TEST_CASE("a thread that was bound anew within a pinned task stays there", "[unit]") {
  real_nodes const nodes;
  if (nodes.count() < 2) return;  // there is but one CPU to be on
  beat::ThreadPool pool{{.workers = 1, .placement = beat::placement_policy::compact, .machine = nodes.machine()}};
  auto const [result, affinity] = bound_anew_within_pin(pool, beat::node_id{1}, beat::placement_policy::none);
  CHECK(result.has_value());
  CHECK(affinity == (nodes.cpus[0] | nodes.cpus[1]));
}

TEST_CASE("a thread that is moved to where its pinned task holds it stays there", "[unit]") {
  real_nodes const nodes;
  beat::ThreadPool pool{{.workers = 1, .machine = nodes.machine()}};
  auto const [result, affinity] = bound_anew_within_pin(pool, beat::node_id{0}, beat::placement_policy::compact);
  CHECK(result.has_value());
  CHECK(affinity == nodes.cpus[0]);
}

TEST_CASE("a pinned task sees the whole machine", "[unit]") {
  real_nodes const nodes;
  beat::ThreadPool pool{{.workers = 1, .machine = nodes.machine()}};
  auto const outside = std::pair{beat::usable_cpus(), beat::discover().usable()};
  auto const inside = [] { return std::pair{beat::usable_cpus(), beat::discover().usable()}; };
  CHECK(pool.submit(inside, {.pinned_to = beat::node_id{0}}).get() == outside);
}

#endif
