// SPDX-License-Identifier: MIT
// What few tasks have: names, which others can read while they run, and deadlines.

#include <atomic>
#include <beat.hpp>
#include <chrono>
#include <sstream>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "support.hpp"

namespace {

using namespace task_test;
using clock = std::chrono::steady_clock;

static_assert(sizeof(beat::detail::task) == 4 * sizeof(void*), "a plain task pays for one pointer to what few have");

std::string description_for_attributes(beat::ThreadPool const& pool) {
  std::ostringstream text;
  pool.describe(text);
  return text.str();
}

bool is_shown(beat::ThreadPool const& pool, std::string const& name) {
  return description_for_attributes(pool).find("; runs '" + name + "'\n") != std::string::npos;
}

beat::task_options late() { return {.deadline = clock::now()}; }
beat::task_options in_time() { return {.deadline = clock::now() + 1h}; }

}  // namespace

TEST_CASE("a name is shown while its task runs and not before or afterwards", "[unit]") {
  beat::ThreadPool pool{1};
  std::atomic<bool> begun{false}, open{false};
  auto const stay = [&] {
    begun = true;
    wait_for(open);
  };
  auto named = pool.submit(stay, {.name = "decode"});
  REQUIRE(wait_for(begun));
  CHECK(is_shown(pool, "decode"));
  pool.post([] {}, {.name = "later"});
  CHECK_FALSE(is_shown(pool, "later"));
  open = true;
  named.get();
  pool.wait();
  CHECK(description_for_attributes(pool).find("runs") == std::string::npos);
}

TEST_CASE("tasks of every kind can have a name", "[unit]") {
  beat::ThreadPool pool{1};
  int shown = 0;
  auto const look = [&] { shown += is_shown(pool, "any"); };
  pool.post(look, {.name = "any"});
  pool.wait();
  CHECK(pool.try_post(look, {.name = "any"}));
  pool.wait();
  pool.submit([&](std::stop_token) { look(); }, {.name = "any"}).get();
  beat::task_group group{pool};
  group.run(look, {.name = "any"});
  group.wait();
  CHECK(shown == 4);
}

TEST_CASE("of names within names the innermost is shown, and the outer one again afterwards", "[unit]") {
  beat::ThreadPool pool{1};
  bool inner = false, outer_again = false, after_a_throw = false;
  pool.submit(
          [&] {
            pool.submit([&] { inner = is_shown(pool, "inner"); }, {.name = "inner"}).get();
            outer_again = is_shown(pool, "outer");
            try {
              pool.submit([] { throw 1; }, {.name = "thrower"}).get();
            } catch (int) {
              after_a_throw = is_shown(pool, "outer");
            }
          },
          {.name = "outer"})
      .get();
  CHECK(inner);
  CHECK(outer_again);
  CHECK(after_a_throw);
}

TEST_CASE("names are read while tasks come and go, also those made at run time", "[unit]") {
  static std::vector<std::string> const names{"one", "two", "three"};
  beat::ThreadPool pool{2};
  std::atomic<bool> enough{false};
  bool is_sound = true;
  std::thread onlooker{[&] {
    while (!enough) {
      std::string const text = description_for_attributes(pool);
      for (std::size_t at = 0; (at = text.find("runs '", at)) != std::string::npos;) {
        at += 6;
        std::string const name = text.substr(at, text.find('\'', at) - at);
        is_sound = is_sound && (name == "one" || name == "two" || name == "three" || name == "literal");
      }
    }
  }};
  for (int round = 0; round < 2000; ++round) {
    for (std::string const& name : names) pool.post([] {}, {.name = beat::task_name::permanent(name.c_str())});
    pool.post([] {}, {.name = "literal"});
  }
  pool.wait();
  enough = true;
  onlooker.join();
  CHECK(is_sound);
}

TEST_CASE("a task that is late does not run, and its future says so", "[unit]") {
  beat::ThreadPool pool{2};
  counted::live = 0;
  bool ran = false;
  auto task = pool.submit([&, held = counted{1}] { ran = held.value != 0; }, late());
  task.wait();
  CHECK(counted::live == 0);
  std::string const message = message_of([&] { task.get(); });
  CHECK(message.find("did not start in time") != std::string::npos);
  CHECK(message.find("give it more time") != std::string::npos);
  auto with_token = pool.submit([&](std::stop_token) { return ran = true; }, late());
  CHECK(error_of([&] { with_token.get(); }) == beat::errc::deadline_exceeded);
  CHECK_FALSE(ran);
  CHECK(pool.stats().cancelled == 2);
  CHECK(pool.stats().completed == 0);
}

TEST_CASE("a task that is late and that nobody waits for is counted as cancelled", "[unit]") {
  beat::ThreadPool pool{1};
  std::atomic<int> ran{0};
  beat::task_group group{pool};
  pool.post([&] { ++ran; }, late());
  CHECK(pool.try_post([&] { ++ran; }, late()));
  group.run([&] { ++ran; }, late());
  group.run([&] { ran += 10; }, in_time());
  group.wait();
  pool.wait();
  CHECK(ran == 10);
  CHECK(pool.stats().cancelled == 3);
  CHECK(pool.stats().completed == 1);
}

TEST_CASE("what follows on a task that is late sees an error as any other", "[unit]") {
  beat::ThreadPool pool{1};
  bool was_called = false;
  auto value = pool.submit([] { return 1; }, late()).then([&](int) { was_called = true; });
  CHECK(error_of([&] { value.get(); }) == beat::errc::deadline_exceeded);
  CHECK_FALSE(was_called);
  auto future = pool.submit([] { return 1; }, late()).then([](beat::future<int> f) {
    return error_of([&] { f.get(); }) == beat::errc::deadline_exceeded;
  });
  CHECK(future.get());
  auto both = beat::when_all(pool.submit([] { return 1; }, late()), pool.submit([] { return 2; }, in_time()));
  CHECK(error_of([&] { both.get(); }) == beat::errc::deadline_exceeded);
}

TEST_CASE("a deadline counts when the task would start, and not once it has", "[unit]") {
  beat::ThreadPool pool{1};
  std::atomic<bool> begun{false};
  auto const soon = clock::now() + 50ms;
  // Late where this machine is taken away for so long before it starts; then nothing can be said.
  auto running = pool.submit(
      [&] {
        begun = true;
        std::this_thread::sleep_until(soon + 10ms);
        return 1;
      },
      {.deadline = soon});
  while (!begun && !running.is_ready()) std::this_thread::yield();
  if (begun) CHECK(running.get() == 1);

  occupation busy{pool};
  auto queued = pool.submit([] { return 2; }, {.deadline = clock::now() + 1ms});
  CHECK_FALSE(queued.wait_for(20ms));  // no timer settles it
  busy.open();
  CHECK(error_of([&] { queued.get(); }) == beat::errc::deadline_exceeded);
  CHECK(pool.submit([] { return 3; }, in_time()).get() == 3);
}

TEST_CASE("what is called off is called so, though its deadline has passed too", "[unit]") {
  beat::ThreadPool pool{1};
  std::stop_source stopped;
  stopped.request_stop();
  auto task = pool.submit([] {}, {.stop = stopped.get_token(), .deadline = clock::now()});
  CHECK(error_of([&] { task.get(); }) == beat::errc::cancelled);
  occupation busy{pool};
  auto queued = pool.submit([] {}, late());
  CHECK(queued.request_stop());
  CHECK(error_of([&] { queued.get(); }) == beat::errc::cancelled);
}
