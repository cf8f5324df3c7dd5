// SPDX-License-Identifier: MIT
// The admission hook of a pool: what it is asked for, what it can refuse and what not.

#include <atomic>
#include <beat.hpp>
#include <chrono>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "task/support.hpp"
#include "topology/described_machine.hpp"

namespace {

using namespace task_test;
using level = beat::pressure_level;

/// A hook that counts, and says what it is told to say.
struct doorkeeper {
  std::atomic<int> asked{0};
  std::atomic<bool> opens{true};

  beat::pool_options options(unsigned workers) {
    return {.workers = workers, .admission = [this] {
              ++asked;
              return opens.load();
            }};
  }
};

/// Stands in for the thread of a pressure monitor: it looks when the test says so, and then the test waits for that.
class manual_alarm {
 public:
  struct script {
    std::atomic<int> wanted{0};
    std::atomic<int> done{-1};

    void look() {
      int const number = ++wanted;
      wanted.notify_all();
      for (int seen; (seen = done) < number;) done.wait(seen);
    }
  };
  std::shared_ptr<script> const play = std::make_shared<script>();

  std::error_code set(std::filesystem::path const&, std::string const&) { return {}; }
  void clear() noexcept {}
  bool is_set() const noexcept { return true; }
  std::chrono::steady_clock::time_point now() const noexcept { return {}; }
  void wake() noexcept {
    ++play->wanted;
    play->wanted.notify_all();
  }
  unsigned wait(beat::detail::sleep_limit) {
    play->done = seen_;
    play->done.notify_all();
    play->wanted.wait(seen_);
    seen_ = play->wanted;
    return 0;
  }

 private:
  int seen_ = 0;
};
using manual_monitor = beat::basic_pressure_monitor<manual_alarm>;

std::string psi(std::string const& some, std::string const& full) {
  return "some avg10=" + some + " avg60=0.00 avg300=0.00 total=0\nfull avg10=" + full +
         " avg60=0.00 avg300=0.00 total=0\n";
}

}  // namespace

TEST_CASE("the admission hook is asked once for each task from outside", "[unit]") {
  doorkeeper door;
  beat::ThreadPool pool{door.options(2)};
  std::atomic<int> ran{0};
  pool.post([&] { ++ran; });
  CHECK(door.asked == 1);
  CHECK(pool.try_post([&] { ++ran; }));
  CHECK(door.asked == 2);
  pool.submit([&] { ++ran; }).get();
  CHECK(door.asked == 3);
  beat::pcall(pool, [&] { ++ran; }).get();
  CHECK(door.asked == 4);
  pool.wait();
  CHECK(ran == 4);
}

TEST_CASE("a refused task leaves nothing behind", "[unit]") {
  doorkeeper door;
  beat::ThreadPool pool{door.options(2)};
  door.opens = false;
  counted::live = 0;
  {
    auto const task = [c = counted{1}] { static_cast<void>(c); };
    CHECK(error_of([&] { pool.post(task); }) == beat::errc::overloaded);
    CHECK(pool.try_post(task).error() == beat::errc::overloaded);
    CHECK(error_of([&] { static_cast<void>(pool.submit(task)); }) == beat::errc::overloaded);
    CHECK(error_of([&] { beat::pcall(pool, task).get(); }) == beat::errc::overloaded);
    CHECK(counted::live == 1);
  }
  CHECK(pool.stats().submitted == 0);
  door.opens = true;
  CHECK(pool.submit([] { return 7; }).get() == 7);
}

TEST_CASE("what belongs to work that has begun is never refused nor asked for", "[unit]") {
  unsigned const workers = GENERATE(1U, 2U, 4U);
  doorkeeper door;
  door.opens = false;
  beat::ThreadPool pool{door.options(workers)};
  std::atomic<int> ran{0};
  auto const count = [&] { ++ran; };
  pool.run([&] {
    pool.post(count);
    if (!pool.try_post(count)) ran += 1000;
    pool.submit(count).get();
    beat::pcall(pool, count).get();
    beat::pcall(count).get();
  });
  beat::parallel_for(pool, 0, 10, [&](int) { pool.post(count); });
  beat::task_group group{pool};
  group.run([&] {
    count();
    pool.post(count);
  });
  group.wait();
  pool.wait();
  CHECK(ran == 17);
  CHECK(door.asked == 0);
}

TEST_CASE("a root that finds no place for its thread is queued without a question", "[unit]") {
  doorkeeper door;
  beat::ThreadPool pool{door.options(1)};
  int result = 0;
  {
    occupation busy{pool};
    CHECK(door.asked == 1);
    door.opens = false;
    std::thread visitor{[&] { result = pool.run([] { return 7; }); }};
    std::this_thread::sleep_for(5ms);
    busy.open();
    visitor.join();
  }
  CHECK(result == 7);
  CHECK(door.asked == 1);
}

TEST_CASE("a task of one pool asks the hook of another one", "[unit]") {
  doorkeeper door;
  door.opens = false;
  beat::ThreadPool outer{2};
  beat::ThreadPool inner{door.options(2)};
  outer.run([&] { CHECK(inner.try_post([] {}).error() == beat::errc::overloaded); });
  CHECK(door.asked == 1);
}

TEST_CASE("what the admission hook throws goes to the caller", "[unit]") {
  beat::ThreadPool pool{{.workers = 1, .admission = []() -> bool { throw std::runtime_error{"own"}; }}};
  CHECK(message_of([&] { pool.post([] {}); }) == "own");
  CHECK(message_of([&] { static_cast<void>(pool.try_post([] {})); }) == "own");
  CHECK(message_of([&] { static_cast<void>(pool.submit([] {})); }) == "own");
  CHECK(message_of([&] { beat::pcall(pool, [] {}).get(); }) == "own");
  CHECK(pool.run([] { return 7; }) == 7);
}

TEST_CASE("a closed pool says so and not that it is overloaded", "[unit]") {
  doorkeeper door;
  beat::ThreadPool pool{door.options(1)};
  door.opens = false;
  pool.shutdown();
  CHECK(error_of([&] { pool.post([] {}); }) == beat::errc::pool_shutdown);
  CHECK(pool.try_post([] {}).error() == beat::errc::pool_shutdown);
  CHECK(door.asked == 0);
}

TEST_CASE("several threads may ask the hook at once", "[unit]") {
  doorkeeper door;
  beat::ThreadPool pool{door.options(2)};
  std::atomic<int> ran{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int n = 0; n < 250; ++n) pool.post([&] { ++ran; });
    });
  for (std::thread& each : threads) each.join();
  pool.wait();
  CHECK(door.asked == 1000);
  CHECK(ran == 1000);
}

TEST_CASE("a pool that admits below a pressure follows the pressure", "[unit]") {
  described_machine machine;
  auto const file = "proc/pressure/memory";
  machine.write(file, psi("0.00", "0.00"));
  auto alarm = std::make_unique<manual_alarm>();
  auto const play = alarm->play;
  auto const monitor =
      std::make_shared<manual_monitor>(beat::pressure_options{.root = machine.root()}, std::move(alarm));
  beat::ThreadPool modest{{.workers = 1, .admission = beat::admit_below(level::some, monitor)}};
  beat::ThreadPool brave{{.workers = 1, .admission = beat::admit_below(level::critical, monitor)}};
  auto const admits = [](beat::ThreadPool& pool) { return pool.try_post([] {}).has_value(); };
  struct {
    std::string text;
    bool modest;
    bool brave;
  } const table[] = {
      {psi("0.00", "0.00"), true, true},
      {psi("40.00", "0.00"), false, true},
      {psi("40.00", "40.00"), false, false},
      {psi("0.00", "0.00"), true, true},
  };
  for (auto const& row : table) {
    machine.write(file, row.text);
    play->look();
    CHECK(admits(modest) == row.modest);
    CHECK(admits(brave) == row.brave);
  }
  machine.write(file, psi("40.00", "40.00"));
  CHECK(admits(modest));  // as nobody has looked: to ask does not read the file
}

TEST_CASE("where nobody knows the pressure everything is admitted", "[unit]") {
  described_machine machine;
  beat::pressure_options const options{.root = machine.root()};
  beat::ThreadPool pool{{.workers = 1, .admission = beat::admit_below(level::some, options)}};
  CHECK(pool.try_post([] {}));
  machine.write("proc/pressure/memory", psi("40.00", "40.00"));
  CHECK(pool.try_post([] {}));  // and to ask does not read the file each time
}

TEST_CASE("a pool may have a pressure monitor of its own", "[unit]") {
  described_machine machine;
  machine.write("proc/pressure/memory", psi("40.00", "40.00"));
  beat::pressure_options const options{.root = machine.root()};
  beat::ThreadPool pool{{.workers = 1, .admission = beat::admit_below(level::critical, options)}};
  CHECK(pool.try_post([] {}).error() == beat::errc::overloaded);
}

TEST_CASE("a pressure that is no limit is refused", "[unit]") {
  CHECK(error_of([] { static_cast<void>(beat::admit_below(level::none)); }) == beat::errc::invalid_argument);
  CHECK(error_of([] { static_cast<void>(beat::admit_below(level::unknown)); }) == beat::errc::invalid_argument);
}
