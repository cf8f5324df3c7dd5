// SPDX-License-Identifier: MIT
#include <atomic>
#include <beat.hpp>
#include <limits>
#include <optional>
#include <thread>

#include "catch.hpp"
#include "task/support.hpp"

namespace {

using namespace task_test;

/// A snapshot may be taken at any moment: these are moments at which nothing else happens soon.
template <class Pool>
bool comes_to_load(Pool const& pool, std::size_t queued, std::size_t running) {
  for (auto const limit = std::chrono::steady_clock::now() + 20s; std::chrono::steady_clock::now() < limit;) {
    beat::pool_load const now = pool.load();
    if (now.queued == queued && now.running == running) return true;
    std::this_thread::yield();
  }
  return false;
}

}  // namespace

TEST_CASE("the load of a pool is what is queued and who works", "[unit]") {
  std::size_t const limit = GENERATE(std::size_t{0}, std::size_t{100});
  beat::ThreadPool pool{{.workers = 2, .queue_limit = limit}};
  CHECK(comes_to_load(pool, 0, 0));
  CHECK(pool.load().workers == 2);
  CHECK(pool.has_capacity());
  {
    occupation const busy{pool};
    CHECK(comes_to_load(pool, 0, 2));
    for (auto const level : {beat::priority::low, beat::priority::normal, beat::priority::high})
      pool.post([] {}, {.priority = level});
    CHECK(pool.load().queued == 3);
    CHECK(pool.has_capacity() == (limit != 0));
  }
  pool.wait();
  CHECK(comes_to_load(pool, 0, 0));
  CHECK(pool.has_capacity());
  std::size_t running = 0;
  pool.run([&] { running = pool.load().running; });
  CHECK(running >= 1);
  pool.shutdown();
  CHECK_FALSE(pool.has_capacity());
}

TEST_CASE("a pool has capacity until all its workers have something to do", "[unit]") {
  beat::ThreadPool pool{2};
  std::atomic<bool> open{false}, begun{false};
  pool.post([&] { begun = true, wait_for(open); });
  REQUIRE(wait_for(begun));
  CHECK(comes_to_load(pool, 0, 1));
  CHECK(pool.has_capacity());
  {
    std::atomic<bool> also_begun{false};
    pool.post([&] { also_begun = true, wait_for(open); });
    REQUIRE(wait_for(also_begun));
    CHECK_FALSE(pool.has_capacity());
  }
  open = true;
  pool.wait();
}

TEST_CASE("a bounded queue has capacity until it is full, and a limit may be as great as any", "[unit]") {
  beat::ThreadPool pool{{.workers = 1, .queue_limit = 2, .when_full = beat::when_full::reject}};
  beat::ThreadPool vast{{.workers = 1, .queue_limit = std::numeric_limits<std::size_t>::max()}};
  occupation const busy{pool};
  occupation const also{vast};
  pool.post([] {});
  CHECK(pool.has_capacity());
  pool.post([] {});
  CHECK_FALSE(pool.has_capacity());
  CHECK(vast.try_post([] {}));
  CHECK(vast.has_capacity());
}

TEST_CASE("a continuation is queued once what it follows has ended", "[unit]") {
  std::size_t const limit = GENERATE(std::size_t{0}, std::size_t{10});
  beat::ThreadPool pool{{.workers = 1, .queue_limit = limit}};
  std::optional<beat::promise<int>> source{std::in_place, pool};
  auto doubled = source->get_future().then([](int i) { return 2 * i; });
  CHECK(pool.load().queued == 0);
  {
    occupation const busy{pool};
    source->set_value(4);
    CHECK(pool.load().queued == 1);
  }
  CHECK(doubled.get() == 8);
  CHECK(comes_to_load(pool, 0, 0));
}

TEST_CASE("graphs and pipelines leave nothing behind that is no longer there", "[unit]") {
  beat::ThreadPool pool{2};
  beat::graph chain;
  int ran = 0;
  beat::graph_node last = chain.add([&] { ++ran; });
  for (int i = 1; i < 50; ++i) {
    beat::graph_node const next = chain.add([&] { ++ran; });
    next.after(last);
    last = next;
  }
  for (int i = 0; i < 3; ++i) chain.run(pool);
  CHECK(ran == 150);
  CHECK(comes_to_load(pool, 0, 0));
  CHECK(pool.has_capacity());

  int made = 0, sum = 0;
  beat::pipeline stages{[&]() -> std::optional<int> { return made < 100 ? std::optional{made++} : std::nullopt; },
                        beat::parallel([](int i) { return i; }), beat::serial_in_order([&](int i) { sum += i; })};
  stages.run(pool, {.tokens = 8});
  CHECK(sum == 4950);
  CHECK(comes_to_load(pool, 0, 0));
  occupation const busy{pool};
  for (int i = 0; i < 5; ++i) pool.post([] {});
  CHECK(pool.load().queued == 5);
  CHECK_FALSE(pool.has_capacity());
}
