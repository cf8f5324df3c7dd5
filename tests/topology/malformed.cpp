// SPDX-License-Identifier: MIT
// Files of /sys and /proc as no kernel should write them, one at a time in a machine that is whole otherwise.

#include "catch.hpp"
#include "topology/described_machine.hpp"

#include <beat/topology/discover.hpp>
#include <beat/topology/limits.hpp>
#include <beat/topology/to_string.hpp>
#include <string>
#include <vector>

namespace {

// Two packages of two cores with two CPUs; a quota of two CPUs by cgroup v1, and of four by v2.
void describe(described_machine& machine) {
  machine.online("0-7");
  for (unsigned core = 0; core < 4; ++core) {
    machine.core(static_cast<int>(core / 2), static_cast<int>(core % 2), {core, core + 4});
    machine.write(described_machine::cpu_folder(core) + "cpu_capacity", "1024\n");
    machine.write(described_machine::cpu_folder(core + 4) + "cpu_capacity", "1024\n");
  }
  machine.l3({0, 1, 4, 5}, "16384K");
  machine.l3({2, 3, 6, 7}, "16384K");
  machine.write("sys/devices/system/node/online", "0-1\n");
  machine.node(0, "0-1,4-5", "10 21", 1024);
  machine.node(1, "2-3,6-7", "21 10", 1024);
  machine.write("proc/self/mountinfo",
                "32 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
                "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
  machine.write("proc/self/cgroup", "4:cpu,cpuacct:/app\n0::/unit\n");
  machine.write("sys/fs/cgroup/cpu,cpuacct/app/cpu.cfs_period_us", "100000\n");
  machine.write("sys/fs/cgroup/cpu,cpuacct/app/cpu.cfs_quota_us", "200000\n");
  machine.write("sys/fs/cgroup/unified/unit/cpu.max", "400000 100000\n");
}

// What is still known of the machine.
struct knowledge {
  bool is_flat = false;
  std::size_t nodes = 2;
  unsigned distance = 21;  // between the first and the last node
  bool has_l3 = true;
  bool has_memory = true;  // of the first node
  unsigned limit = 2;
};

constexpr knowledge everything{};
constexpr knowledge flat{true, 1, 10, false, false, 2};
constexpr knowledge one_node{.nodes = 1, .distance = 10, .has_memory = false};
constexpr knowledge usual_distances{.distance = 20};
constexpr knowledge no_l3{.has_l3 = false};
constexpr knowledge no_memory{.has_memory = false};
constexpr knowledge v2_only{.limit = 4};
constexpr knowledge no_quota{.limit = 8};

struct malformed_file {
  std::string path;
  std::string text;
  knowledge left;
};

std::vector<malformed_file> malformed_files() {
  std::string const cpus = "sys/devices/system/cpu/";
  std::string const nodes = "sys/devices/system/node/";
  std::string const v1 = "sys/fs/cgroup/cpu,cpuacct/app/";
  std::string const v2 = "sys/fs/cgroup/unified/unit/";
  return {
      {cpus + "online", "", flat},
      {cpus + "online", "\n", flat},
      {cpus + "online", "0-", flat},
      {cpus + "online", "-7", flat},
      {cpus + "online", "7-0", flat},
      {cpus + "online", "0-7,", flat},
      {cpus + "online", "0,,7", flat},
      {cpus + "online", "0 - 7", flat},
      {cpus + "online", "0x0-0x7", flat},
      {cpus + "online", "0-4294967295", flat},
      {cpus + "online", "0-1048576", flat},
      {cpus + "online", "0-99999999999999999999", flat},
      {cpus + "online", std::string(20000, '\0'), flat},
      {cpus + "online", std::string((std::size_t{16} << 20U) + 4097, '0'), flat},
      {cpus + "cpu2/topology/core_id", "", flat},
      {cpus + "cpu2/topology/core_id", "-1\n", flat},
      {cpus + "cpu2/topology/core_id", "1.0\n", flat},
      {cpus + "cpu2/topology/core_id", "4294967296\n", flat},
      {cpus + "cpu2/topology/physical_package_id", "one\n", flat},
      {cpus + "cpu2/topology/physical_package_id", "-2\n", flat},
      {cpus + "cpu2/topology/physical_package_id", "0 1\n", flat},
      {cpus + "cpu2/topology/die_id", "-1\n", everything},
      {cpus + "cpu2/topology/die_id", std::string(5000, '9'), everything},
      {cpus + "cpu0/cache/index2/level", "", everything},  // the next CPU names the group
      {cpus + "cpu0/cache/index2/level", "three\n", everything},
      {cpus + "cpu0/cache/index2/level", "-3\n", everything},
      {cpus + "cpu0/cache/index2/shared_cpu_list", "", everything},
      {cpus + "cpu0/cache/index2/shared_cpu_list", "5-0\n", everything},
      {cpus + "cpu0/cache/index2/shared_cpu_list", "1,4-5\n", no_l3},
      {cpus + "cpu0/cache/index2/shared_cpu_list", "0\n", no_l3},
      {cpus + "cpu0/cache/index2/shared_cpu_list", "0-9999999\n", everything},
      {cpus + "cpu0/cache/index2/size", "", no_l3},
      {cpus + "cpu0/cache/index2/size", "K\n", no_l3},
      {cpus + "cpu0/cache/index2/size", "-16384K\n", no_l3},
      {cpus + "cpu0/cache/index2/size", "99999999999999999999K\n", no_l3},
      {cpus + "cpu0/cache/index2/size", "18446744073709551615K\n", no_l3},
      {cpus + "cpu3/cpu_capacity", "", everything},
      {cpus + "cpu3/cpu_capacity", "0\n", everything},
      {cpus + "cpu3/cpu_capacity", "-5\n", everything},
      {cpus + "cpu3/cpufreq/cpuinfo_max_freq", "<unknown>\n", everything},
      {"sys/devices/cpu_core/cpus", "0-3,\n", everything},
      {nodes + "online", "", one_node},
      {nodes + "online", "0-\n", one_node},
      {nodes + "online", "0-1000000\n", one_node},
      {nodes + "node1/cpulist", "", one_node},
      {nodes + "node1/cpulist", "2-3,6-\n", one_node},
      {nodes + "node1/cpulist", "0-7\n", one_node},
      {nodes + "node1/distance", "", usual_distances},
      {nodes + "node1/distance", "21\n", usual_distances},
      {nodes + "node1/distance", "21 11\n", usual_distances},
      {nodes + "node1/distance", "9 10\n", usual_distances},
      {nodes + "node1/distance", "far near\n", usual_distances},
      {nodes + "node1/distance", "4294967296 10\n", usual_distances},
      {nodes + "node0/meminfo", "", no_memory},
      {nodes + "node0/meminfo", "Node 0 MemTotal:", no_memory},
      {nodes + "node0/meminfo", "Node 0 MemTotal: kB\n", no_memory},
      {nodes + "node0/meminfo", "Node 0 MemTotal: -1 kB\n", no_memory},
      {nodes + "node0/meminfo", "Node 0 MemTotal: 99999999999999999999 kB\n", no_memory},
      {nodes + "node0/meminfo", "Node 0 MemTotal: 1024 pages\n", no_memory},
      {v1 + "cpu.cfs_quota_us", "", v2_only},
      {v1 + "cpu.cfs_quota_us", "max\n", v2_only},
      {v1 + "cpu.cfs_quota_us", "-2\n", v2_only},
      {v1 + "cpu.cfs_quota_us", "2e5\n", v2_only},
      {v1 + "cpu.cfs_quota_us", "99999999999999999999\n", v2_only},
      {v1 + "cpu.cfs_period_us", "0\n", v2_only},
      {v1 + "cpu.cfs_period_us", "-100000\n", v2_only},
      {v1 + "cpu.cfs_period_us", "\n", v2_only},
      {v2 + "cpu.max", "", everything},
      {v2 + "cpu.max", "100000 0\n", everything},
      {v2 + "cpu.max", "1\n", everything},
      {v2 + "cpu.max", "-1 100000\n", everything},
      {v2 + "cpu.max", "1 1e9\n", everything},
      {"proc/self/cgroup", "", no_quota},
      {"proc/self/cgroup", ":::\n", no_quota},
      {"proc/self/cgroup", "4:cpu,cpuacct\n0:unit\n", no_quota},
      {"proc/self/cgroup", "4:cpu,cpuacct:/../app\n0::/../unit\n", no_quota},
      {"proc/self/cgroup", std::string(100000, '\n'), no_quota},
      {"proc/self/cgroup", "4:cpu:/" + std::string(100000, 'a') + "\n", no_quota},
      {"proc/self/cgroup", "4:cpu:" + std::string(30000, '/') + "\n", no_quota},
      {"proc/self/mountinfo", "", everything},  // the usual places
      {"proc/self/mountinfo", " - ", everything},
      {"proc/self/mountinfo", "32 31 0:30 / relative rw - cgroup cgroup rw,cpu\n", everything},
      {"proc/self/mountinfo", std::string(100000, ' '), everything},
      {"proc/self/mountinfo", "1 2 3 / /\\9\\04 rw - cgroup cgroup rw,cpu\n1 2 3 / /\\ rw - cgroup2 x y\n", no_quota},
  };
}

}  // namespace

TEST_CASE("malformed files are unknown, and the rest is known all the same", "[topology]") {
  beat::cpu_set const all = beat::cpu_set::first_cpus(8);
  std::vector<malformed_file> const files = malformed_files();
  CHECK(files.size() >= 40);
  for (malformed_file const& file : files) {
    INFO(file.path << ": '" << file.text.substr(0, 60) << "'");
    described_machine machine;
    describe(machine);
    machine.write(file.path, file.text);
    unsigned warnings = 0;
    beat::topology const read =
        beat::discover({.root = machine.root(), .affinity = all, .on_warning = [&](std::string_view) { ++warnings; }});
    unsigned const last = static_cast<unsigned>(read.nodes().size()) - 1;
    knowledge const left{read.source() != "built-in (sysfs)", read.nodes().size(),
                         read.distance({0}, {last}),          read.l3_groups()[0].bytes != 0,
                         read.nodes()[0].memory_bytes != 0,   beat::read_limits({machine.root(), all}).usable()};
    CHECK(left.is_flat == file.left.is_flat);
    CHECK(left.nodes == file.left.nodes);
    CHECK(left.distance == file.left.distance);
    CHECK(left.has_l3 == file.left.has_l3);
    CHECK(left.has_memory == file.left.has_memory);
    CHECK(left.limit == file.left.limit);
    CHECK(warnings == (file.left.is_flat ? 1 : 0));
    CHECK(read.usable() == all);
    CHECK_FALSE(to_string(read).empty());
  }
}
