// SPDX-License-Identifier: MIT

#include "catch.hpp"
#include "topology/described_machine.hpp"

#include <beat/topology/discover.hpp>
#include <string>

using beat::cpu_set;
using beat::topology;

namespace {

// Two packages with a node each, two cores a package, two CPUs a core; siblings are four apart, as Linux numbers them.
void describe_two_packages(described_machine& machine) {
  machine.online("0-7");
  for (unsigned cpu = 0; cpu < 8; ++cpu) {
    int const place = static_cast<int>(cpu % 4);
    machine.cpu(cpu, place / 2, place % 2);
  }
  machine.write("sys/devices/system/node/online", "0-1\n");
  machine.node(0, "0-1,4-5");
  machine.node(1, "2-3,6-7");
}

topology discover_all_8(described_machine const& machine) {
  return beat::discover({machine.root(), cpu_set::first_cpus(8)});
}

void check_one_node(described_machine const& files) {
  topology const machine = discover_all_8(files);
  CHECK(machine.source() == "built-in (sysfs)");
  REQUIRE(machine.nodes().size() == 1);
  CHECK(machine.nodes()[0].cpus == cpu_set::first_cpus(8));
  CHECK(machine.packages().size() == 2);
  CHECK(machine.cores().size() == 4);
}

void check_flat(described_machine const& files) {
  CHECK(discover_all_8(files) == topology::flat(cpu_set::first_cpus(8)));
}

}  // namespace

TEST_CASE("discover reads packages, nodes, cores and CPUs from sysfs", "[topology]") {
  described_machine files;
  describe_two_packages(files);
  topology const machine = discover_all_8(files);
  CHECK(machine.source() == "built-in (sysfs)");
  CHECK(machine.usable() == cpu_set::first_cpus(8));
  CHECK(machine.packages().size() == 2);
  REQUIRE(machine.nodes().size() == 2);
  CHECK(machine.nodes()[0].cpus == cpu_set{0, 1, 4, 5});
  CHECK(machine.nodes()[1].cpus == cpu_set{2, 3, 6, 7});
  REQUIRE(machine.cores().size() == 4);
  CHECK(machine.cores()[3] == topology::core{1, {1}, {1}});
  REQUIRE(machine.cpus().size() == 8);
  CHECK(machine.cpus()[2] == topology::cpu{2, {2}, {1}, {1}, {1}});
  CHECK(machine.cpus()[6] == topology::cpu{6, {2}, {1}, {1}, {1}});
  CHECK(machine == discover_all_8(files));
}

TEST_CASE("discover marks only the CPUs of the affinity mask as usable", "[topology]") {
  described_machine files;
  describe_two_packages(files);
  topology const machine = beat::discover({files.root(), cpu_set{1, 6, 40}});
  CHECK(machine.source() == "built-in (sysfs)");
  CHECK(machine.cpus().size() == 8);
  CHECK(machine.usable() == cpu_set{1, 6});
}

TEST_CASE("discover follows a mask that sysfs does not know", "[topology]") {
  described_machine files;
  describe_two_packages(files);
  CHECK(beat::discover({files.root(), cpu_set{40}}) == topology::flat({40}));
  CHECK(beat::discover({files.root(), cpu_set{}}).usable() == cpu_set{0});
}

TEST_CASE("discover keeps the numbers of the operating system and skips what is offline", "[topology]") {
  described_machine files;
  files.online("2,9");
  files.cpu(2, 5, 30);
  files.cpu(9, 3, 30);
  files.write("sys/devices/system/node/online", "4\n");
  files.node(4, "2,9,11");
  topology const machine = beat::discover({files.root(), cpu_set::first_cpus(12)});
  CHECK(machine.source() == "built-in (sysfs)");
  CHECK(machine.usable() == cpu_set{2, 9});
  REQUIRE(machine.packages().size() == 2);
  CHECK(machine.packages()[0].os_index == 5);
  CHECK(machine.packages()[1].os_index == 3);
  REQUIRE(machine.nodes().size() == 1);
  CHECK(machine.nodes()[0] == topology::node{4, {2, 9}});
  CHECK(machine.cores().size() == 2);
}

TEST_CASE("discover keeps nodes that have memory only", "[topology]") {
  described_machine files;
  describe_two_packages(files);
  files.write("sys/devices/system/node/online", "0-2\n");
  files.node(2, "");
  topology const machine = discover_all_8(files);
  REQUIRE(machine.nodes().size() == 3);
  CHECK(machine.nodes()[2] == topology::node{2, {}});
}

TEST_CASE("discover tells apart cores of two dies with the same number", "[topology]") {
  described_machine files;
  files.online("0-1");
  for (unsigned const cpu : {0U, 1U}) {
    files.cpu(cpu, 0, 0);
    files.write("sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/die_id", std::to_string(cpu) + "\n");
  }
  CHECK(beat::discover({files.root(), cpu_set{0, 1}}).cores().size() == 2);
  files.remove("sys/devices/system/cpu/cpu0/topology/die_id");
  files.remove("sys/devices/system/cpu/cpu1/topology/die_id");
  CHECK(beat::discover({files.root(), cpu_set{0, 1}}).cores().size() == 1);
}

TEST_CASE("discover takes an unknown package for the first", "[topology]") {
  described_machine files;
  files.online("0-1");
  files.cpu(0, -1, 0);
  files.cpu(1, -1, 1);
  topology const machine = beat::discover({files.root(), cpu_set{0, 1}});
  CHECK(machine.source() == "built-in (sysfs)");
  REQUIRE(machine.packages().size() == 1);
  CHECK(machine.packages()[0].os_index == 0);
  CHECK(machine.cores().size() == 2);
}

TEST_CASE("discover makes one node where the nodes are missing or broken", "[topology]") {
  described_machine files;
  describe_two_packages(files);
  SECTION("no nodes") {
    files.remove("sys/devices/system/node");
    check_one_node(files);
  }
  SECTION("a broken list of nodes") {
    files.write("sys/devices/system/node/online", "zero\n");
    check_one_node(files);
  }
  SECTION("a node without its list") {
    files.remove("sys/devices/system/node/node1");
    check_one_node(files);
  }
  SECTION("a broken list of CPUs") {
    files.node(1, "7-2");
    check_one_node(files);
  }
  SECTION("a CPU in two nodes") {
    files.node(1, "1-3,6-7");
    check_one_node(files);
  }
  SECTION("a CPU in no node") {
    files.node(1, "2-3,6");
    check_one_node(files);
  }
}

TEST_CASE("discover falls back to a flat machine where sysfs is missing or broken", "[topology]") {
  described_machine files;
  describe_two_packages(files);
  SECTION("nothing at all") {
    files.remove("sys");
    check_flat(files);
  }
  SECTION("no root") {
    files.remove("");
    check_flat(files);
  }
  SECTION("no list of CPUs") {
    files.remove("sys/devices/system/cpu/online");
    check_flat(files);
  }
  SECTION("a broken list of CPUs") {
    files.online("0-");
    check_flat(files);
  }
  SECTION("an empty list of CPUs") {
    files.online("");
    check_flat(files);
  }
  SECTION("far too many CPUs") {
    files.online("0-1048576");
    check_flat(files);
  }
  SECTION("a CPU without description") {
    files.remove("sys/devices/system/cpu/cpu3");
    check_flat(files);
  }
  SECTION("a CPU without core") {
    files.remove("sys/devices/system/cpu/cpu3/topology/core_id");
    check_flat(files);
  }
  SECTION("a core that is no number") {
    files.write("sys/devices/system/cpu/cpu3/topology/core_id", "?\n");
    check_flat(files);
  }
  SECTION("a negative core") {
    files.cpu(3, 1, -1);
    check_flat(files);
  }
  SECTION("a package that is no number") {
    files.write("sys/devices/system/cpu/cpu3/topology/physical_package_id", "\n");
    check_flat(files);
  }
  SECTION("a negative package") {
    files.cpu(3, -2, 1);
    check_flat(files);
  }
  SECTION("a core that spans two nodes") {
    files.cpu(6, 0, 0);
    check_flat(files);
  }
}

TEST_CASE("discover describes this machine", "[topology]") {
  topology const machine = beat::discover();
  CHECK((machine.source() == "built-in (sysfs)" || machine.source() == "flat fall-back"));
  CHECK((machine.usable() & beat::this_thread_affinity()) == machine.usable());
  for (unsigned const cpu : machine.usable()) {
    CHECK(machine.find_cpu(cpu) != nullptr);
  }
}
