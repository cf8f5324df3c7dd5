// SPDX-License-Identifier: MIT

#include "catch.hpp"
#include "topology/described_machine.hpp"

#include <beat/base/config.hpp>
#include <beat/topology/sysfs.hpp>
#include <cstdint>
#include <string>
#include <vector>

#if BEAT_HAS_LINUX()
#include <sys/stat.h>
#endif

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

topology read_all_8(described_machine const& machine) {
  return beat::topology_from_sysfs(machine.root(), cpu_set::first_cpus(8));
}

void check_one_node(described_machine const& files) {
  topology const machine = read_all_8(files);
  CHECK(machine.source() == "built-in (sysfs)");
  REQUIRE(machine.nodes().size() == 1);
  CHECK(machine.nodes()[0].cpus == cpu_set::first_cpus(8));
  CHECK(machine.packages().size() == 2);
  CHECK(machine.cores().size() == 4);
}

void check_refused(described_machine const& files, std::string const& reason) {
  try {
    topology const machine = read_all_8(files);
    FAIL_CHECK("this was accepted");
  } catch (beat::error const& failure) {
    CHECK(failure.code() == beat::errc::not_supported);
    CHECK(std::string{failure.what()}.find(reason) != std::string::npos);
  }
}

}  // namespace

TEST_CASE("sysfs tells packages, nodes, cores and CPUs from sysfs", "[topology]") {
  described_machine files;
  describe_two_packages(files);
  topology const machine = read_all_8(files);
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
  CHECK(machine == read_all_8(files));
}

TEST_CASE("only the CPUs that are allowed are usable", "[topology]") {
  described_machine files;
  describe_two_packages(files);
  topology const machine = beat::topology_from_sysfs(files.root(), cpu_set{1, 6, 40});
  CHECK(machine.source() == "built-in (sysfs)");
  CHECK(machine.cpus().size() == 8);
  CHECK(machine.usable() == cpu_set{1, 6});
}

TEST_CASE("sysfs does not describe a process that may only use CPUs unknown to it", "[topology]") {
  described_machine files;
  describe_two_packages(files);
  CHECK_THROWS_AS(beat::topology_from_sysfs(files.root(), cpu_set{40}), beat::error);
  CHECK_THROWS_AS(beat::topology_from_sysfs(files.root(), cpu_set{}), beat::error);
}

TEST_CASE("sysfs keeps the numbers of the operating system and skips what is offline", "[topology]") {
  described_machine files;
  files.online("2,9");
  files.cpu(2, 5, 30);
  files.cpu(9, 3, 30);
  files.write("sys/devices/system/node/online", "4\n");
  files.node(4, "2,9,11");
  topology const machine = beat::topology_from_sysfs(files.root(), cpu_set::first_cpus(12));
  CHECK(machine.source() == "built-in (sysfs)");
  CHECK(machine.usable() == cpu_set{2, 9});
  REQUIRE(machine.packages().size() == 2);
  CHECK(machine.packages()[0].os_index == 5);
  CHECK(machine.packages()[1].os_index == 3);
  REQUIRE(machine.nodes().size() == 1);
  CHECK(machine.nodes()[0] == topology::node{4, {2, 9}});
  CHECK(machine.cores().size() == 2);
}

TEST_CASE("sysfs keeps nodes that have memory only", "[topology]") {
  described_machine files;
  describe_two_packages(files);
  files.write("sys/devices/system/node/online", "0-2\n");
  files.node(2, "");
  topology const machine = read_all_8(files);
  REQUIRE(machine.nodes().size() == 3);
  CHECK(machine.nodes()[2] == topology::node{2, {}});
}

TEST_CASE("sysfs tells apart cores of two dies with the same number", "[topology]") {
  described_machine files;
  files.online("0-1");
  for (unsigned const cpu : {0U, 1U}) {
    files.cpu(cpu, 0, 0);
    files.write("sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/die_id", std::to_string(cpu) + "\n");
  }
  CHECK(beat::topology_from_sysfs(files.root(), cpu_set{0, 1}).cores().size() == 2);
  files.remove("sys/devices/system/cpu/cpu0/topology/die_id");
  files.remove("sys/devices/system/cpu/cpu1/topology/die_id");
  CHECK(beat::topology_from_sysfs(files.root(), cpu_set{0, 1}).cores().size() == 1);
}

TEST_CASE("sysfs takes an unknown package for the first", "[topology]") {
  described_machine files;
  files.online("0-1");
  files.cpu(0, -1, 0);
  files.cpu(1, -1, 1);
  topology const machine = beat::topology_from_sysfs(files.root(), cpu_set{0, 1});
  CHECK(machine.source() == "built-in (sysfs)");
  REQUIRE(machine.packages().size() == 1);
  CHECK(machine.packages()[0].os_index == 0);
  CHECK(machine.cores().size() == 2);
}

TEST_CASE("sysfs makes one node where the nodes are missing or broken", "[topology]") {
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

TEST_CASE("sysfs is refused where CPUs, packages or cores are missing or broken", "[topology]") {
  described_machine files;
  describe_two_packages(files);
  SECTION("nothing at all") {
    files.remove("sys");
    check_refused(files, "online is missing");
  }
  SECTION("no root") {
    files.remove("");
    check_refused(files, "online is missing");
  }
  SECTION("no list of CPUs") {
    files.remove("sys/devices/system/cpu/online");
    check_refused(files, "online is missing");
  }
  SECTION("a broken list of CPUs") {
    files.online("0-");
    check_refused(files, "online is missing or is no list");
  }
  SECTION("an empty list of CPUs") {
    files.online("");
    check_refused(files, "online is missing");
  }
  SECTION("far too many CPUs") {
    files.online("0-1048576");
    check_refused(files, "cpu8/topology");
  }
  SECTION("a CPU without description") {
    files.remove("sys/devices/system/cpu/cpu3");
    check_refused(files, "cpu3/topology");
  }
  SECTION("a CPU without core") {
    files.remove("sys/devices/system/cpu/cpu3/topology/core_id");
    check_refused(files, "cpu3/topology");
  }
  SECTION("a core that is no number") {
    files.write("sys/devices/system/cpu/cpu3/topology/core_id", "?\n");
    check_refused(files, "cpu3/topology");
  }
  SECTION("a negative core") {
    files.cpu(3, 1, -1);
    check_refused(files, "cpu3/topology");
  }
  SECTION("a package that is no number") {
    files.write("sys/devices/system/cpu/cpu3/topology/physical_package_id", "\n");
    check_refused(files, "cpu3/topology");
  }
  SECTION("a negative package") {
    files.cpu(3, -2, 1);
    check_refused(files, "cpu3/topology");
  }
  SECTION("a core that spans two nodes") {
    files.cpu(6, 0, 0);
    check_refused(files, "disagree about their package or node");
  }
}

TEST_CASE("sysfs tells which CPUs share an L3 and how large it is", "[topology]") {
  described_machine files;
  describe_two_packages(files);
  CHECK(read_all_8(files).l3_groups() == std::vector<topology::l3_group>{{{0, 1, 4, 5}, 0}, {{2, 3, 6, 7}, 0}});
  files.l3({0, 4}, "16384K");
  files.l3({1, 5}, "8M");
  files.l3({2, 3, 6, 7}, "garbage");
  topology const machine = read_all_8(files);
  CHECK(machine.l3_groups() ==
        std::vector<topology::l3_group>{{{0, 4}, 16 << 20}, {{1, 5}, 8 << 20}, {{2, 3, 6, 7}, 0}});
  CHECK(machine.find_cpu(5)->l3 == beat::l3_id{1});
}

TEST_CASE("CPUs without an L3 are one group a package beside those that have one", "[topology]") {
  described_machine files;
  describe_two_packages(files);
  files.l3({0, 4}, "16384K");
  CHECK(read_all_8(files).l3_groups() ==
        std::vector<topology::l3_group>{{{0, 4}, 16 << 20}, {{1, 5}, 0}, {{2, 3, 6, 7}, 0}});
}

TEST_CASE("an L3 that contradicts itself is unknown", "[topology]") {
  described_machine files;
  describe_two_packages(files);
  files.l3({0, 1, 4, 5}, "16384K");
  files.l3({2, 3, 6, 7}, "16384K");
  std::vector<topology::l3_group> const unknown{{{0, 1, 4, 5}, 0}, {{2, 3, 6, 7}, 0}};
  CHECK(read_all_8(files).l3_groups()[0].bytes == 16 << 20);
  SECTION("groups that overlap") {
    files.l3({0, 2, 3, 4, 6, 7}, "16384K");
    files.cache(0, 2, 3, {0, 1, 4, 5}, "16384K");
    files.cache(4, 2, 3, {0, 1, 4, 5}, "16384K");
    CHECK(read_all_8(files).l3_groups() == unknown);
  }
  SECTION("a group without the CPU that names it") {
    files.cache(0, 2, 3, {1, 4, 5}, "16384K");
    CHECK(read_all_8(files).l3_groups() == unknown);
  }
  SECTION("a core in two groups") {
    files.l3({0, 1}, "16384K");
    files.l3({4, 5}, "16384K");
    CHECK(read_all_8(files).l3_groups() == unknown);
  }
}

TEST_CASE("sysfs tells the memory of nodes and how far they are apart", "[topology]") {
  described_machine files;
  describe_two_packages(files);
  CHECK(read_all_8(files).nodes()[0].memory_bytes == 0);
  files.node(0, "0-1,4-5", "10 31", 1000);
  files.node(1, "2-3,6-7", "32 10", 2000);
  topology const machine = read_all_8(files);
  CHECK(machine.nodes()[0].memory_bytes == 1000 * 1024);
  CHECK(machine.nodes()[1].memory_bytes == 2000 * 1024);
  CHECK(machine.distance({0}, {1}) == 31);
  CHECK(machine.distance({1}, {0}) == 32);
}

TEST_CASE("distances that are no distances are the usual ones", "[topology]") {
  described_machine files;
  describe_two_packages(files);
  files.node(1, "2-3,6-7", "31 10", 2000);
  for (std::string const text : {"", "10", "10 31 31", "11 31", "10 9", "10 -31", "10 far", "10  31", "10,31"}) {
    INFO("distance: '" << text << "'");
    files.node(0, "0-1,4-5", text, 1000);
    CHECK(read_all_8(files).distance({0}, {1}) == 20);
    CHECK(read_all_8(files).distance({1}, {0}) == 20);
  }
}

TEST_CASE("without nodes the memory is that of the machine", "[topology]") {
  described_machine files;
  describe_two_packages(files);
  files.remove("sys/devices/system/node");
  files.write("proc/meminfo", "MemTotal:        3915000 kB\nMemFree: 1 kB\n");
  REQUIRE(read_all_8(files).nodes().size() == 1);
  CHECK(read_all_8(files).nodes()[0].memory_bytes == std::uint64_t{3915000} * 1024);
  files.write("proc/meminfo", "MemTotal:        3915000 pages\n");
  CHECK(read_all_8(files).nodes()[0].memory_bytes == 0);
}

TEST_CASE("cores of different speed are of different classes", "[topology]") {
  described_machine files;
  describe_two_packages(files);
  auto const write = [&](char const* file, std::string const& slow, std::string const& fast) {
    for (unsigned cpu = 0; cpu < 8; ++cpu) {
      files.write(described_machine::cpu_folder(cpu) + file, (cpu % 4 < 2 ? slow : fast) + "\n");
    }
  };
  auto const classes = [&] {
    std::vector<unsigned> result;
    topology const machine = read_all_8(files);
    for (topology::core const& core : machine.cores()) {
      result.push_back(core.efficiency_class);
    }
    return result;
  };
  std::vector<unsigned> const uniform{0, 0, 0, 0};
  std::vector<unsigned> const hybrid{0, 0, 1, 1};
  CHECK(classes() == uniform);
  SECTION("by frequency") {
    write("cpufreq/cpuinfo_max_freq", "3000000", "4000000");
    CHECK(classes() == hybrid);
    write("cpufreq/cpuinfo_max_freq", "3800000", "4000000");
    CHECK(classes() == uniform);
    write("cpufreq/cpuinfo_max_freq", "4000000", "unknown");
    CHECK(classes() == uniform);
    write("cpufreq/cpuinfo_max_freq", "0", "1");
    CHECK(classes() == uniform);
  }
  SECTION("by capacity, before frequency") {
    write("cpufreq/cpuinfo_max_freq", "4000000", "3000000");
    write("cpu_capacity", "400", "1024");
    CHECK(classes() == hybrid);
  }
  SECTION("by Intel's kinds, where capacity does not tell") {
    write("cpu_capacity", "1024", "1024");
    files.write("sys/devices/cpu_atom/cpus", "0-1,4-5\n");
    files.write("sys/devices/cpu_core/cpus", "2-3,6-7\n");
    CHECK(classes() == hybrid);
    files.write("sys/devices/cpu_core/cpus", "3,7\n");  // CPU 2 is of no kind
    CHECK(classes() == uniform);
    files.write("sys/devices/cpu_lowpower/cpus", "2,6\n");
    CHECK(classes() == std::vector<unsigned>{1, 1, 0, 2});
  }
}

TEST_CASE("what is no file is not opened", "[topology]") {
  described_machine files;
  describe_two_packages(files);
  files.remove("sys/devices/system/cpu/online");
  files.make_folder("sys/devices/system/cpu/online");
  check_refused(files, "online is missing");
#if BEAT_HAS_LINUX()
  files.remove("sys/devices/system/cpu/online");
  REQUIRE(::mkfifo((files.root() / "sys/devices/system/cpu/online").c_str(), 0600) == 0);
  check_refused(files, "online is missing");
#endif
}
