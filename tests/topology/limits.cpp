// SPDX-License-Identifier: MIT

#include "catch.hpp"
#include "topology/described_machine.hpp"

#include <beat/topology/limits.hpp>
#include <cstdlib>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

TEST_CASE("the usable CPUs are the smallest of hardware, affinity and quota", "[topology]") {
  CHECK(beat::cpu_limits{8, 4, std::nullopt}.usable() == 4);
  CHECK(beat::cpu_limits{2, 4, std::nullopt}.usable() == 2);
  CHECK(beat::cpu_limits{8, 4, 2.0}.usable() == 2);
  CHECK(beat::cpu_limits{8, 4, 2.01}.usable() == 3);
  CHECK(beat::cpu_limits{8, 4, 3.99}.usable() == 4);
  CHECK(beat::cpu_limits{8, 4, 100.0}.usable() == 4);
}

TEST_CASE("at least one CPU is usable", "[topology]") {
  CHECK(beat::cpu_limits{}.usable() == 1);
  CHECK(beat::cpu_limits{0, 0, std::nullopt}.usable() == 1);
  CHECK(beat::cpu_limits{8, 8, 0.0}.usable() == 1);
  CHECK(beat::cpu_limits{8, 8, 0.001}.usable() == 1);
  CHECK(beat::cpu_limits{8, 8, -3.0}.usable() == 1);
}

TEST_CASE("a quota that is no finite number does not lower the CPUs", "[topology]") {
  CHECK(beat::cpu_limits{8, 8, std::numeric_limits<double>::infinity()}.usable() == 8);
  CHECK(beat::cpu_limits{8, 8, std::numeric_limits<double>::quiet_NaN()}.usable() == 8);
  CHECK(beat::cpu_limits{8, 8, 1e300}.usable() == 8);
}

TEST_CASE("the hardware is what the kernel calls online", "[topology]") {
  described_machine machine;
  machine.online("0-2,5");
  beat::cpu_limits const limits = beat::read_limits({machine.root(), beat::cpu_set{1, 5}});
  CHECK(limits == beat::cpu_limits{4, 2, std::nullopt});
  CHECK(limits.usable() == 2);
}

TEST_CASE("a machine without a list of CPUs has at least those of the affinity mask", "[topology]") {
  described_machine machine;
  unsigned const threads = std::thread::hardware_concurrency();
  beat::cpu_set const affinity = beat::cpu_set::first_cpus(threads + 6);
  for (char const* const list : {"", "\n", "0-", "garbage", "3-1"}) {
    machine.online(list);
    CHECK(beat::read_limits({machine.root(), affinity}).hardware == threads + 6);
    CHECK(beat::read_limits({machine.root(), affinity}).usable() == threads + 6);
  }
  machine.remove("sys");
  CHECK(beat::read_limits({machine.root(), affinity}).usable() == threads + 6);
  machine.remove("");
  CHECK(beat::read_limits({machine.root(), affinity}).usable() == threads + 6);
}

TEST_CASE("BEAT_NUM_THREADS asks for a number of threads", "[topology]") {
  std::vector<std::string> warnings;
  auto const requested = [&warnings](char const* text) {
    ::setenv("BEAT_NUM_THREADS", text, 1);
    auto const threads =
        beat::requested_threads(1024, [&](std::string_view warning) { warnings.emplace_back(warning); });
    CHECK(threads == beat::requested_threads(1024));  // nobody listens
    ::unsetenv("BEAT_NUM_THREADS");
    return threads;
  };
  CHECK(requested("1") == 1U);
  CHECK(requested("1024") == 1024U);
  CHECK(requested(" 3\n") == 3U);
  CHECK(warnings.empty());
  for (char const* const text :
       {"", " ", "0", "-1", "+2", "1025", "99999999999999999999", "two", "2 3", "2x", "1.5", "0x2"}) {
    INFO("BEAT_NUM_THREADS='" << text << "'");
    warnings.clear();
    CHECK_FALSE(requested(text).has_value());
    REQUIRE(warnings.size() == 1);
    CHECK(warnings[0] ==
          "BEAT_NUM_THREADS=" + std::string{text} + " is ignored: set it to a number from 1 to 1024, or not at all");
  }
  CHECK_FALSE(beat::requested_threads(1024).has_value());
}

TEST_CASE("this machine has limits", "[topology]") {
  beat::cpu_limits const limits = beat::read_limits();
  CHECK(limits.hardware >= 1);
  CHECK(limits.affinity == beat::this_thread_affinity().size());
  CHECK(beat::usable_cpus() == limits.usable());
  CHECK(limits.usable() >= 1);
  CHECK(limits.usable() <= limits.affinity);
}
