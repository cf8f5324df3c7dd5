// SPDX-License-Identifier: MIT

#include "catch.hpp"
#include "topology/described_machine.hpp"

#include <beat/topology/discover.hpp>
#include <cstdlib>
#include <string>
#include <vector>

using beat::cpu_set;
using beat::topology;

namespace {

void describe_two_cores(described_machine& machine) {
  machine.online("0-1");
  machine.cpu(0, 0, 0);
  machine.cpu(1, 0, 1);
}

struct told {
  topology machine;
  std::vector<std::string> warnings = {};
};

told discover_and_listen(beat::discover_options options) {
  std::vector<std::string> warnings;
  options.on_warning = [&warnings](std::string_view text) { warnings.emplace_back(text); };
  topology const machine = discover(options);
  return {machine, warnings};
}

}  // namespace

TEST_CASE("discover reads sysfs below another root, and has nothing to tell", "[topology]") {
  described_machine files;
  describe_two_cores(files);
  auto const [machine, warnings] = discover_and_listen({files.root(), cpu_set{1, 40}});
  CHECK(machine == beat::topology_from_sysfs(files.root(), {1}));
  CHECK(warnings.empty());
}

TEST_CASE("discover makes a flat machine of what sysfs does not describe, and says so once", "[topology]") {
  described_machine files;
  describe_two_cores(files);
  SECTION("a broken machine") {
    files.remove("sys/devices/system/cpu/cpu1");
    auto const [machine, warnings] = discover_and_listen({files.root(), cpu_set{0, 1}});
    CHECK(machine == topology::flat({0, 1}));
    REQUIRE(warnings.size() == 1);
    CHECK(warnings[0] ==
          "sysfs could not describe this machine, which is taken for one flat node: "
          "/sys/devices/system/cpu/cpu1/topology is missing, or does not name the package and core");
  }
  SECTION("a mask that sysfs does not know") {
    auto const [machine, warnings] = discover_and_listen({files.root(), cpu_set{40}});
    CHECK(machine == topology::flat({40}));
    REQUIRE(warnings.size() == 1);
    CHECK(warnings[0].ends_with("built-in (sysfs) knows none of the CPUs 40"));
  }
  SECTION("tables that contradict each other") {
    files.cpu(1, 0, 0);
    files.write("sys/devices/system/node/online", "0-1\n");
    files.node(0, "0");
    files.node(1, "1");
    auto const [machine, warnings] = discover_and_listen({files.root(), cpu_set{0, 1}});
    CHECK(machine == topology::flat({0, 1}));
    REQUIRE(warnings.size() == 1);
    CHECK(warnings[0].find("contradicts itself: topology: a CPU and its core disagree") != std::string::npos);
  }
  SECTION("nobody listens") {
    files.remove("sys");
    CHECK(beat::discover({files.root(), cpu_set{0, 1}}) == topology::flat({0, 1}));
  }
}

TEST_CASE("discover needs no CPU to be allowed", "[topology]") {
  described_machine files;
  CHECK(beat::discover({files.root(), cpu_set{}}).usable() == cpu_set{0});
}

TEST_CASE("discover describes this machine", "[topology]") {
  auto const [machine, warnings] = discover_and_listen({});
  CHECK(warnings.empty());
  CHECK(machine.source() == (BEAT_HAS_HWLOC() ? "hwloc" : "built-in (sysfs)"));
  CHECK((machine.usable() & beat::this_thread_affinity()) == machine.usable());
  for (unsigned const cpu : machine.usable()) {
    CHECK(machine.find_cpu(cpu) != nullptr);
  }
}

#if BEAT_HAS_HWLOC()

TEST_CASE("a pool without a machine is placed on the one that discover describes", "[topology]") {
  topology const machine = beat::detail::discover_to_place(nullptr);
  topology const described = beat::discover();
  CHECK(machine.source() == (BEAT_HAS_LINUX() ? "built-in (sysfs)" : described.source()));
  CHECK(machine.usable() == described.usable());
  CHECK(machine.nodes() == described.nodes());
  CHECK(machine.cores() == described.cores());
}

TEST_CASE("discover asks sysfs where hwloc is misled, and says so once", "[topology]") {
  ::setenv("HWLOC_SYNTHETIC", "pack:2 core:2 1", 1);
  auto const [machine, warnings] = discover_and_listen({});
  ::unsetenv("HWLOC_SYNTHETIC");
  CHECK(machine.source() == "built-in (sysfs)");
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0].starts_with("hwloc could not describe this machine, so that sysfs is asked: "));
  CHECK(warnings[0].ends_with("HWLOC_SYNTHETIC makes hwloc describe another machine; unset it"));
}

#endif
