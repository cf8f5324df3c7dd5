// SPDX-License-Identifier: MIT

#include "catch.hpp"
#include "topology/described_machine.hpp"

#include <algorithm>
#include <atomic>
#include <beat/topology/pressure.hpp>
#include <chrono>
#include <condition_variable>
#include <ctime>
#include <filesystem>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#if BEAT_HAS_LINUX()
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

using namespace std::chrono_literals;
using level = beat::pressure_level;
using mode = beat::pressure_mode;

namespace {

std::string psi(std::string const& some, std::string const& full) {
  return "some avg10=" + some + " avg60=0.50 avg300=0.07 total=21\nfull avg10=" + full +
         " avg60=0.00 avg300=0.00 total=7\n";
}

std::string const calm = psi("0.00", "0.00");
std::string const pressed = psi("15.00", "9.99");
std::string const choked = psi("40.00", "10.00");

// Stands in for the kernel and for time: the thread of a monitor sleeps until the test lets it go on.
struct scripted_alarm {
  struct script {
    std::mutex mutex;
    std::condition_variable changed;
    bool asleep = false;
    bool woken = false;
    unsigned fired = 0;
    unsigned set = 0;        // how many triggers
    bool has_memory = true;  // for the next trigger of the second kind
    std::chrono::steady_clock::time_point time{1h};
    beat::detail::sleep_limit limit;
    std::vector<std::string> triggers;
    std::error_code refusal_of_some;
    std::error_code refusal_of_full;

    // Waits until the thread has looked at everything that happened, and returns for how long it sleeps.
    beat::detail::sleep_limit settle() {
      std::unique_lock lock{mutex};
      changed.wait(lock, [this] { return asleep && !woken; });
      return limit;
    }
    void wake_up(unsigned by_triggers = 0, std::chrono::milliseconds later = {}) {
      std::lock_guard const lock{mutex};
      time += later;
      fired |= by_triggers;
      woken = true;
      changed.notify_all();
    }
  };

  std::shared_ptr<script> play = std::make_shared<script>();

  std::error_code set(std::filesystem::path const&, std::string const& trigger) {
    std::error_code const refusal = trigger.starts_with("some") ? play->refusal_of_some : play->refusal_of_full;
    if (trigger.starts_with("full") && !std::exchange(play->has_memory, true)) {
      throw std::bad_alloc{};
    }
    play->set += refusal ? 0U : 1U;
    play->triggers.push_back(trigger);
    return refusal;
  }
  void clear() noexcept { play->set = 0; }
  [[nodiscard]] bool is_set() const noexcept {
    std::lock_guard const lock{play->mutex};
    return play->set != 0;
  }
  [[nodiscard]] std::chrono::steady_clock::time_point now() const noexcept {
    std::lock_guard const lock{play->mutex};
    return play->time;
  }
  void wake() noexcept { play->wake_up(); }
  unsigned wait(beat::detail::sleep_limit limit) {
    std::unique_lock lock{play->mutex};
    play->limit = limit;
    play->asleep = true;
    play->changed.notify_all();
    play->changed.wait(lock, [this] { return play->woken; });
    play->asleep = false;
    play->woken = false;
    return std::exchange(play->fired, 0U);
  }
};

// A machine whose pressure the test sets, and a monitor of it.
struct stage {
  described_machine machine;
  std::unique_ptr<scripted_alarm> alarm = std::make_unique<scripted_alarm>();
  std::shared_ptr<scripted_alarm::script> play = alarm->play;
  std::optional<beat::basic_pressure_monitor<scripted_alarm>> monitor;

  void begin(beat::pressure_options options = {}) {
    machine.write("proc/pressure/memory", calm);
    options.root = machine.root();
    monitor.emplace(std::move(options), std::move(alarm));
  }

  void set_pressure(std::string const& text) {
    machine.write("proc/pressure/memory", text);
    play->wake_up();
    play->settle();
  }
  void fire(unsigned triggers, std::chrono::milliseconds later = {}) {
    play->wake_up(triggers, later);
    play->settle();
  }
};

// The levels that one subscriber heard of.
struct listener {
  std::mutex mutex;
  std::vector<level> levels;

  auto callback() {
    return [this](level heard) {
      std::lock_guard const lock{mutex};
      levels.push_back(heard);
    };
  }
  std::vector<level> heard() {
    std::lock_guard const lock{mutex};
    return levels;
  }
};

template <class Condition>
bool comes_true(Condition condition) {
  auto const end = std::chrono::steady_clock::now() + 60s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) {
      return false;
    }
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

/// How much of its time a process spends on the CPU that has nothing to do. What the machine takes from a thread may
/// count as used by it, so the best of a few attempts counts.
double cpu_share() {
  double least = 1;
  for (int i = 0; i < 5 && least >= 0.5; ++i) {
    std::clock_t const begin = std::clock();
    std::this_thread::sleep_for(200ms);
    least = std::min(least, static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC / 0.2);
  }
  return least;
}

}  // namespace

TEST_CASE("the text of a PSI file is read", "[topology]") {
  auto const reading = beat::parse_pressure(
      "some avg10=12.34 avg60=0.05 avg300=100.00 total=1234567\n"
      "full avg10=3.00 avg60=2.01 avg300=1.99 total=0\n");
  REQUIRE(reading);
  CHECK(reading->some == beat::pressure_stall{123400us, 500us, 1s, 1234567us});
  CHECK(reading->full == beat::pressure_stall{30ms, 20100us, 19900us, 0us});
  CHECK(beat::parse_pressure("some avg10=0.00 avg60=0.00 avg300=0.00 total=9223372036854775807\n"
                             "full avg10=0.00 avg60=0.00 avg300=0.00 total=0")
            .value()
            .some.total == std::chrono::microseconds::max());
}

TEST_CASE("a malformed PSI text is no reading", "[topology]") {
  std::string const some = "some avg10=1.00 avg60=2.00 avg300=3.00 total=4\n";
  std::string const full = "full avg10=1.00 avg60=2.00 avg300=3.00 total=4\n";
  REQUIRE(beat::parse_pressure(some + full));
  std::vector<std::string> texts{
      "",
      "\n",
      "some",
      "some\nfull\n",
      some,
      full,
      full + some,
      some + some,
      some + "\n" + full,
      "\n" + some + full,
      some + full + "\n",
      some + full + full,
      some + full + "more avg10=1.00 avg60=2.00 avg300=3.00 total=4\n",
      " " + some + full,
      "Some" + some.substr(4) + full,
      std::string{"some\0avg10=1.00", 15} + some.substr(15) + full,
      std::string(100000, 's'),
      std::string(100000, '\n'),
      std::string(100000, '\0'),
  };
  for (std::string const line : {
           "some avg10=1.00 avg60=2.00 avg300=3.00",
           "some avg10=1.00 avg60=2.00 avg300=3.00 total=",
           "some avg10=1.00 avg60=2.00 avg300=3.00 total=4 ",
           "some avg10=1.00 avg60=2.00 avg300=3.00 total=4 more=5",
           "some avg10=1.00 avg60=2.00 avg300=3.00 total=-4",
           "some avg10=1.00 avg60=2.00 avg300=3.00 total=+4",
           "some avg10=1.00 avg60=2.00 avg300=3.00 total=4.0",
           "some avg10=1.00 avg60=2.00 avg300=3.00 total=0x4",
           "some avg10=1.00 avg60=2.00 avg300=3.00 total=9223372036854775808",
           "some avg10=1.00 avg60=2.00 avg300=3.00 total=four",
           "some avg10=1.00 avg60=2.00 total=4",
           "some avg60=2.00 avg300=3.00 total=4",
           "some avg60=2.00 avg10=1.00 avg300=3.00 total=4",
           "some total=4 avg10=1.00 avg60=2.00 avg300=3.00",
           "some avg10 avg60=2.00 avg300=3.00 total=4",
           "some avg10= avg60=2.00 avg300=3.00 total=4",
           "some avg10=. avg60=2.00 avg300=3.00 total=4",
           "some avg10=1 avg60=2.00 avg300=3.00 total=4",
           "some avg10=1. avg60=2.00 avg300=3.00 total=4",
           "some avg10=.00 avg60=2.00 avg300=3.00 total=4",
           "some avg10=1.0 avg60=2.00 avg300=3.00 total=4",
           "some avg10=1.000 avg60=2.00 avg300=3.00 total=4",
           "some avg10=1,00 avg60=2.00 avg300=3.00 total=4",
           "some avg10=-1.00 avg60=2.00 avg300=3.00 total=4",
           "some avg10=1.-1 avg60=2.00 avg300=3.00 total=4",
           "some avg10=1.00% avg60=2.00 avg300=3.00 total=4",
           "some avg10=1e2 avg60=2.00 avg300=3.00 total=4",
           "some avg10=nan avg60=2.00 avg300=3.00 total=4",
           "some avg10=100.01 avg60=2.00 avg300=3.00 total=4",
           "some avg10=4294967297.00 avg60=2.00 avg300=3.00 total=4",
           "some avg10=0001.00 avg60=2.00 avg300=3.00 total=4",
           "some avg10=1.00  avg60=2.00 avg300=3.00 total=4",
           "some\tavg10=1.00 avg60=2.00 avg300=3.00 total=4",
           "some avg10=1.00 avg60=2.00 avg300=3.00 total=4\r",
           "some avg10==1.00 avg60=2.00 avg300=3.00 total=4",
       }) {
    texts.push_back(line + "\n" + full);
  }
  for (std::string const& text : texts) {
    INFO("text: '" << text.substr(0, 200) << "'");
    auto const reading = beat::parse_pressure(text);
    CHECK_FALSE(reading);
    CHECK(reading.error() == beat::errc::invalid_argument);
  }
  std::string const whole = some + full;
  for (std::size_t length = 0; length + 2 < whole.size(); ++length) {
    CHECK_FALSE(beat::parse_pressure(whole.substr(0, length)));
  }
}

TEST_CASE("the level follows from the averages over ten seconds", "[topology]") {
  beat::pressure_reading reading;
  CHECK(beat::level_of(reading) == level::none);
  reading.some = {149999us, 1s, 1s, 1h};
  reading.full = {99999us, 1s, 1s, 1h};
  CHECK(beat::level_of(reading) == level::none);
  reading.some.avg10 = 150ms;
  CHECK(beat::level_of(reading) == level::some);
  reading.full.avg10 = 100ms;
  CHECK(beat::level_of(reading) == level::critical);
  CHECK(beat::level_of(reading, {{1s, 1s}, {1s, 1s}}) == level::none);
  CHECK(beat::level_of(reading, {{1us, 10s}, {10s, 10s}}) == level::some);
  CHECK(level::unknown < level::none);
  CHECK(level::none < level::some);
  CHECK(level::some < level::critical);
  CHECK(to_string(level::critical) == "critical");
}

TEST_CASE("the pressure of the own control group comes before that of the machine", "[topology]") {
  described_machine machine;
  auto const watched = [&machine] {
    return beat::pressure_monitor{{.root = machine.root()}}.status().file.lexically_relative(machine.root());
  };
  CHECK(watched() == "proc/pressure/memory");
  machine.write("proc/self/mountinfo", "30 25 0:26 / /cg rw - cgroup2 cgroup2 rw\n");
  machine.write("proc/self/cgroup", "4:memory:/old\n0::/a/b\n");
  machine.make_folder("cg/a/b");
  machine.write("cg/a/memory.pressure", pressed);
  CHECK(watched() == "proc/pressure/memory");
  machine.write("cg/a/b/memory.pressure", choked);
  CHECK(watched() == "cg/a/b/memory.pressure");
  CHECK(beat::pressure_monitor{{.root = machine.root()}}.level() == level::critical);
  machine.write("other", pressed);
  CHECK(beat::pressure_monitor{{.root = machine.root(), .file = "/other"}}.level() == level::some);
}

TEST_CASE("without a subscriber the file is read on demand", "[topology]") {
  described_machine machine;
  machine.write("proc/pressure/memory", pressed);
  beat::pressure_monitor const monitor{{.root = machine.root()}};
  CHECK(monitor.level() == level::some);
  CHECK(monitor.read().value().some.avg10 == 150ms);
  CHECK(monitor.status().mode == mode::on_demand);
  CHECK(to_string(monitor.status().mode) == "on demand");
  machine.write("proc/pressure/memory", calm);
  CHECK(monitor.level() == level::none);
}

TEST_CASE("a machine without PSI has an unknown level and says why", "[topology]") {
  described_machine machine;
  beat::pressure_monitor monitor{{.root = machine.root()}};
  auto const unavailable = [&monitor](std::error_code error, std::string const& words) {
    CHECK(monitor.level() == level::unknown);
    CHECK(monitor.read().error() == error);
    CHECK(monitor.status().mode == mode::unavailable);
    INFO(monitor.status().reason);
    CHECK(monitor.status().reason.find(words) != std::string::npos);
  };
  SECTION("no file") { unavailable(make_error_code(beat::errc::not_supported), "no such file"); }
  SECTION("a malformed file") {
    machine.write("proc/pressure/memory", "some nonsense\n");
    unavailable(make_error_code(beat::errc::invalid_argument), "its content");
  }
  SECTION("an unreadable file") {
    machine.make_folder("proc/pressure/memory");
    unavailable(std::make_error_code(std::errc::io_error), "can't be read");
  }
  listener ear;
  auto const subscription = monitor.on_change(ear.callback());
  CHECK(monitor.status().mode == mode::unavailable);
  machine.remove("proc/pressure/memory");
  machine.write("proc/pressure/memory", pressed);
  CHECK(monitor.level() == level::some);
}

TEST_CASE("options outside of their range are refused", "[topology]") {
  auto const refused = [](beat::pressure_options const& options) {
    try {
      beat::pressure_monitor const monitor{options};
      return false;
    } catch (beat::error const& error) {
      return error.code() == beat::errc::invalid_argument;
    }
  };
  CHECK(refused({.interval = 999ms}));
  CHECK(refused({.interval = 2h}));
  CHECK(refused({.interval = -1s}));
  CHECK_FALSE(refused({.interval = 1s}));
  for (beat::pressure_threshold const wrong :
       {beat::pressure_threshold{0us, 2s}, {-1us, 2s}, {3s, 2s}, {1us, 499ms}, {1us, 10001ms}}) {
    CHECK(refused({.thresholds = {.some = wrong}}));
    CHECK(refused({.thresholds = {.critical = wrong}}));
  }
  CHECK_FALSE(refused({.thresholds = {.some = {2s, 2s}, .critical = {1us, 10s}}}));
  beat::pressure_monitor monitor;
  CHECK_THROWS_AS(static_cast<void>(monitor.on_change(nullptr)), beat::error);
}

TEST_CASE("a subscriber hears of each change, once", "[topology]") {
  stage scene;
  scene.begin();
  listener ear;
  auto const subscription = scene.monitor->on_change(ear.callback());
  scene.play->settle();
  CHECK(ear.heard().empty());
  for (std::string const& text : {calm, pressed, pressed, choked, calm, std::string{"nonsense"}, calm}) {
    scene.set_pressure(text);
  }
  CHECK(ear.heard() == std::vector{level::some, level::critical, level::none, level::unknown, level::none});
  CHECK(scene.monitor->level() == level::none);
}

TEST_CASE("a trigger counts at once, before the averages have followed", "[topology]") {
  stage scene;
  scene.begin({.thresholds = {.some = {100ms, 1s}, .critical = {50ms, 4s}}});
  listener ear;
  auto const subscription = scene.monitor->on_change(ear.callback());
  scene.play->settle();
  CHECK(scene.play->triggers == std::vector<std::string>{"some 100000 1000000", "full 50000 4000000"});
  CHECK(scene.monitor->status().mode == mode::triggers);
  scene.fire(1);
  CHECK(scene.monitor->level() == level::some);
  scene.fire(2);
  CHECK(scene.monitor->level() == level::critical);
  scene.fire(0, 1h);
  scene.fire(3);
  CHECK(ear.heard() == std::vector{level::some, level::critical, level::none, level::critical});
}

TEST_CASE("a trigger counts for one and a half windows, whatever else wakes the thread", "[topology]") {
  stage scene;
  scene.begin({.thresholds = {.some = {1ms, 2s}, .critical = {1ms, 4s}}});
  listener ear;
  auto const subscription = scene.monitor->on_change(ear.callback());
  scene.play->settle();
  scene.fire(2);
  scene.fire(0);
  scene.fire(1, 5s);
  scene.fire(0, 999ms);
  auto const another = scene.monitor->on_change([](level) {});
  scene.play->settle();
  CHECK(ear.heard() == std::vector{level::critical});
  scene.fire(0, 1ms);
  scene.fire(0, 1999ms);
  CHECK(ear.heard() == std::vector{level::critical, level::some});
  scene.fire(0, 1ms);
  CHECK(ear.heard() == std::vector{level::critical, level::some, level::none});
}

TEST_CASE("the thread sleeps for ever unless it has something to look at", "[topology]") {
  stage scene;
  scene.begin({.interval = 7s});
  bool const has_triggers = GENERATE(true, false);
  if (!has_triggers) {
    scene.play->refusal_of_full = std::make_error_code(std::errc::permission_denied);
  }
  std::optional subscription{scene.monitor->on_change([](level) {})};
  auto const while_calm = has_triggers ? beat::detail::sleep_limit{} : beat::detail::sleep_limit{7s};
  CHECK(scene.play->settle() == while_calm);
  scene.set_pressure(pressed);
  CHECK(scene.play->settle() == beat::detail::sleep_limit{7s});
  scene.set_pressure(calm);
  CHECK(scene.play->settle() == while_calm);
  subscription.reset();
  scene.play->wake_up();
  CHECK(scene.play->settle() == beat::detail::sleep_limit{});
  CHECK(scene.monitor->status().mode == mode::on_demand);
  scene.machine.write("proc/pressure/memory", pressed);
  CHECK(scene.monitor->level() == level::some);
  listener ear;
  subscription.emplace(scene.monitor->on_change(ear.callback()));
  CHECK(scene.play->settle() == beat::detail::sleep_limit{7s});
  CHECK(ear.heard().empty());
}

TEST_CASE("a subscription that fails for want of memory leaves no trigger to the next", "[topology]") {
  stage scene;
  scene.begin();
  scene.play->has_memory = false;
  CHECK_THROWS_AS(static_cast<void>(scene.monitor->on_change([](level) {})), std::bad_alloc);
  auto const subscription = scene.monitor->on_change([](level) {});
  scene.play->settle();
  CHECK(scene.play->set == 2);
}

TEST_CASE("where the kernel refuses triggers the file is polled, and the reason can be read", "[topology]") {
  stage scene;
  scene.begin();
  SECTION("it refuses both") { scene.play->refusal_of_some = std::make_error_code(std::errc::permission_denied); }
  SECTION("it refuses one") { scene.play->refusal_of_full = std::make_error_code(std::errc::permission_denied); }
  SECTION("it withdraws them later") {}
  listener ear;
  auto const subscription = scene.monitor->on_change(ear.callback());
  scene.play->settle();
  std::string words = std::make_error_code(std::errc::permission_denied).message();
  if (!scene.play->refusal_of_some && !scene.play->refusal_of_full) {
    {
      std::lock_guard const lock{scene.play->mutex};
      scene.play->set = 0;
    }
    scene.play->wake_up();
    words = std::make_error_code(std::errc::no_such_device).message();
  }
  CHECK(scene.play->settle() == beat::detail::sleep_limit{2s});
  auto const status = scene.monitor->status();
  CHECK(status.mode == mode::polling);
  INFO(status.reason);
  CHECK(status.reason.find(words) != std::string::npos);
  scene.set_pressure(pressed);
  CHECK(ear.heard() == std::vector{level::some});
}

TEST_CASE("who subscribes while others do changes nothing for them", "[topology]") {
  stage scene;
  scene.begin();
  listener first;
  listener second;
  auto const one = scene.monitor->on_change(first.callback());
  scene.play->settle();
  scene.machine.write("proc/pressure/memory", pressed);
  auto const two = scene.monitor->on_change(second.callback());
  scene.play->settle();
  CHECK(first.heard() == std::vector{level::some});
  CHECK(second.heard() == std::vector{level::some});
}

TEST_CASE("an exception of a callback is counted, and everybody is called again", "[topology]") {
  stage scene;
  scene.begin();
  listener before;
  listener after;
  auto const one = scene.monitor->on_change(before.callback());
  auto const two = scene.monitor->on_change([](level) { throw std::runtime_error{"the callback fails"}; });
  auto const three = scene.monitor->on_change(after.callback());
  scene.set_pressure(pressed);
  scene.set_pressure(calm);
  CHECK(before.heard() == std::vector{level::some, level::none});
  CHECK(after.heard() == std::vector{level::some, level::none});
  CHECK(scene.monitor->failed_callbacks() == 2);
}

TEST_CASE("a callback may end its own subscription", "[topology]") {
  stage scene;
  scene.begin();
  std::atomic<int> calls{0};
  auto const alive = std::make_shared<int>(1);
  std::mutex mutex;  // what the monitor's thread learns through a file comes after nothing, to a sanitizer
  std::optional<beat::pressure_subscription> own;
  {
    std::lock_guard const lock{mutex};
    own.emplace(scene.monitor->on_change([&own, &calls, &mutex, alive](level) {
      std::lock_guard const lock_here{mutex};
      own.reset();
      calls += *alive;  // what it owns lives until it returns
    }));
  }
  scene.set_pressure(pressed);
  scene.set_pressure(calm);
  CHECK(calls == 1);
  CHECK(alive.use_count() == 1);
}

TEST_CASE("a callback may end and begin other subscriptions", "[topology]") {
  stage scene;
  scene.begin();
  listener removed;
  listener added;
  std::optional<beat::pressure_subscription> other;
  std::optional<beat::pressure_subscription> fresh;
  std::mutex mutex;
  auto const first = scene.monitor->on_change([&](level) {
    std::lock_guard const lock{mutex};
    other.reset();
    if (!fresh) {
      fresh.emplace(scene.monitor->on_change(added.callback()));
    }
  });
  {
    std::lock_guard const lock{mutex};
    other.emplace(scene.monitor->on_change(removed.callback()));
  }
  scene.set_pressure(pressed);
  CHECK(removed.heard().empty());
  CHECK(added.heard().empty());
  scene.set_pressure(calm);
  CHECK(added.heard() == std::vector{level::none});
}

TEST_CASE("a subscription that ends waits for its callback", "[topology]") {
  stage scene;
  scene.begin();
  std::atomic<bool> entered{false};
  std::atomic<bool> left{false};
  std::optional subscription{scene.monitor->on_change([&](level) {
    entered = true;
    std::this_thread::sleep_for(50ms);
    left = true;
  })};
  scene.machine.write("proc/pressure/memory", pressed);
  scene.play->wake_up();
  REQUIRE(comes_true([&] { return entered.load(); }));
  subscription.reset();
  CHECK(left);
}

TEST_CASE("a subscription may outlive its monitor, and move", "[topology]") {
  stage scene;
  scene.begin();
  listener ear;
  auto const token = std::make_shared<int>();
  beat::pressure_subscription kept;
  kept = scene.monitor->on_change([token](level) {});
  beat::pressure_subscription moved{std::move(kept)};
  kept = scene.monitor->on_change(ear.callback());
  scene.set_pressure(pressed);
  CHECK(ear.heard() == std::vector{level::some});
  CHECK(token.use_count() == 2);
  moved = beat::pressure_subscription{};
  CHECK(token.use_count() == 1);
  scene.monitor.reset();
}

TEST_CASE("subscriptions come and go while the level changes", "[topology]") {
  stage scene;
  scene.begin();
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      while (!stop) {
        std::atomic<int> calls{0};
        auto const own = scene.monitor->on_change([&calls](level) { ++calls; });
        static_cast<void>(scene.monitor->level());
        static_cast<void>(scene.monitor->status());
      }
    });
  }
  auto const one = scene.monitor->on_change([](level) {});
  for (int i = 0; i < 200; ++i) {
    scene.play->wake_up(i % 2 == 0 ? 1U : 0U, 2s);
    std::this_thread::yield();
  }
  stop = true;
  for (auto& thread : threads) {
    thread.join();
  }
  scene.play->settle();
  CHECK(scene.monitor->failed_callbacks() == 0);
}

TEST_CASE("a file that only looks like one of the kernel's is polled and never written", "[topology]") {
  described_machine machine;
  machine.write("proc/pressure/memory", calm);
  beat::pressure_monitor monitor{{.root = machine.root(), .interval = 1s}};
  std::atomic<level> heard{level::unknown};
  {
    auto const subscription = monitor.on_change([&heard](level now) { heard = now; });
    CHECK(monitor.status().mode == mode::polling);
    CHECK(monitor.level() == level::none);
    machine.write("other", pressed);
    std::filesystem::rename(machine.root() / "other", machine.root() / "proc/pressure/memory");
    CHECK(comes_true([&] { return heard == level::some; }));
    CHECK(cpu_share() < 0.5);
  }
  CHECK(monitor.read().value().some.total == 21us);
}

TEST_CASE("a monitor that sleeps is destroyed at once", "[topology]") {
  described_machine machine;
  machine.write("proc/pressure/memory", calm);
  auto const begin = std::chrono::steady_clock::now();
  {
    beat::pressure_monitor monitor{{.root = machine.root(), .interval = 1h}};
    auto const subscription = monitor.on_change([](level) {});
    std::this_thread::sleep_for(10ms);
  }
  CHECK(std::chrono::steady_clock::now() - begin < 30s);
}

TEST_CASE("the kernel's own file is watched", "[topology]") {
  beat::pressure_monitor monitor;
  if (monitor.level() == level::unknown) {
    WARN("this machine has no memory pressure to read: " << monitor.status().reason);
    CHECK(monitor.status().mode == mode::unavailable);
    return;
  }
  REQUIRE(monitor.read());
  auto const begin = std::chrono::steady_clock::now();
  {
    auto const subscription = monitor.on_change([](level) {});
    auto const status = monitor.status();
    INFO(status.file << ": " << to_string(status.mode) << ", " << status.reason);
    if (status.mode != mode::triggers) {
      WARN("this machine sets no triggers: " << status.reason);
    }
    CHECK((status.mode == mode::triggers || (status.mode == mode::polling && !status.reason.empty())));
    CHECK(cpu_share() < 0.5);
  }
  CHECK(monitor.status().mode == mode::on_demand);
  CHECK(std::chrono::steady_clock::now() - begin < 60s);
}

#if BEAT_HAS_LINUX()

namespace {

bool kernel_accepts(std::filesystem::path const& file, std::string const& trigger) {
  int const opened = ::open(file.c_str(), O_RDWR);
  ::ssize_t const written = opened < 0 ? -1 : ::write(opened, trigger.c_str(), trigger.size() + 1);
  ::close(opened);
  return written > 0;
}

}  // namespace

TEST_CASE("an alarm says why the kernel refuses a trigger", "[topology]") {
  std::filesystem::path const file = "/proc/pressure/memory";
  beat::detail::pressure_alarm alarm;
  CHECK(alarm.set("/proc/pressure/no such file", "some 1 2000000") == std::errc::no_such_file_or_directory);
  CHECK_FALSE(alarm.is_set());
  if (!kernel_accepts(file, "some 1000000 2000000")) {
    CHECK(alarm.set(file, "some 1000000 2000000"));
    WARN("this machine sets no triggers");
    return;
  }
  CHECK_FALSE(alarm.set(file, "some 1000000 2000000"));
  CHECK(alarm.is_set());
  CHECK(alarm.set(file, "some 1000000 1") == std::errc::invalid_argument);
  CHECK(alarm.set(file, "nonsense") == std::errc::invalid_argument);
  CHECK_FALSE(alarm.set(file, "full 1000000 2000000"));
  // A sleep may end early for no reason, so the longest of a few counts.
  auto const longest_sleep = [&alarm] {
    std::chrono::steady_clock::duration longest{};
    for (int i = 0; i < 5; ++i) {
      auto const begin = std::chrono::steady_clock::now();
      static_cast<void>(alarm.wait(20ms));
      longest = std::max(longest, std::chrono::steady_clock::now() - begin);
    }
    return longest;
  };
  CHECK(longest_sleep() >= 20ms);
  auto const begin = std::chrono::steady_clock::now();
  alarm.wake();
  static_cast<void>(alarm.wait({}));
  CHECK(longest_sleep() >= 20ms);
  std::thread waker{[&alarm] { alarm.wake(); }};
  static_cast<void>(alarm.wait({}));
  waker.join();
  CHECK(std::chrono::steady_clock::now() - begin < 30s);
  alarm.clear();
  CHECK_FALSE(alarm.is_set());
}

TEST_CASE("in a child of fork a monitor reads on demand and can be destroyed", "[topology]") {
  stage scene;
  scene.begin();
  std::optional subscription{scene.monitor->on_change([](level) {})};
  scene.play->settle();
  std::optional<beat::pressure_monitor> polling{std::in_place, beat::pressure_options{.root = scene.machine.root()}};
  std::optional other{polling->on_change([](level) {})};
  std::this_thread::sleep_for(10ms);  // its thread is about to sleep
  scene.machine.write("proc/pressure/memory", pressed);
  ::pid_t const child = ::fork();
  if (child == 0) {
    bool const reads = scene.monitor->level() == level::some && scene.monitor->status().mode == mode::on_demand;
    bool refuses = false;
    try {
      static_cast<void>(scene.monitor->on_change([](level) {}));
    } catch (beat::error const& error) {
      refuses = error.code() == beat::errc::not_supported;
    }
    subscription.reset();
    scene.monitor.reset();
    other.reset();
    polling.reset();
    ::_exit(reads && refuses ? 0 : 1);
  }
  REQUIRE(child > 0);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}

#endif
