// SPDX-License-Identifier: MIT

#include "topology/servers.hpp"
#include "catch.hpp"

#include <beat/topology/hwloc.hpp>
#include <beat/topology/sysfs.hpp>
#include <beat/topology/to_string.hpp>
#include <cstdlib>
#include <string>
#include <vector>

using beat::cpu_set;
using beat::topology;

namespace {

struct server {
  char const* name;
  void (*describe)(described_machine&);
  unsigned cpus;
  std::string drawing;  // without the first line
};

std::vector<server> const& servers() {
  static std::vector<server> const all{
      {"two Xeons with sub-NUMA clustering", describe_xeon_with_snc, 80,
       "package 0\n"
       "  node 0, 93 GiB\n"
       "    L3 0, 27.5 MiB: 10 cores, CPUs 0-2,5-6,10-12,15-16,40-42,45-46,50-52,55-56\n"
       "  node 1, 94.4 GiB\n"
       "    L3 0, 27.5 MiB: 10 cores, CPUs 3-4,7-9,13-14,17-19,43-44,47-49,53-54,57-59\n"
       "package 1\n"
       "  node 2, 94.4 GiB\n"
       "    L3 1, 27.5 MiB: 10 cores, CPUs 20-22,25-26,30-32,35-36,60-62,65-66,70-72,75-76\n"
       "  node 3, 94.4 GiB\n"
       "    L3 1, 27.5 MiB: 10 cores, CPUs 23-24,27-29,33-34,37-39,63-64,67-69,73-74,77-79\n"
       "distances between nodes:\n"
       "  node 0: 10 11 21 21\n"
       "  node 1: 11 10 21 21\n"
       "  node 2: 21 21 10 11\n"
       "  node 3: 21 21 11 10\n"},
      {"a hybrid laptop", describe_hybrid_laptop, 20,
       "package 0\n"
       "  node 0, 15.3 GiB\n"
       "    L3 0, 24 MiB: 6 cores of class 1, CPUs 0-11\n"
       "    L3 0, 24 MiB: 8 cores of class 0, CPUs 12-19\n"},
      {"a big.LITTLE board", describe_big_little_board, 6,
       "package 0\n"
       "  node 0, 3.7 GiB\n"
       "    L3 0: 4 cores of class 0, CPUs 0-3\n"
       "package 1\n"
       "  node 0, 3.7 GiB\n"
       "    L3 1: 2 cores of class 1, CPUs 4-5\n"},
  };
  return all;
}

}  // namespace

TEST_CASE("real machines are read from sysfs", "[topology]") {
  for (server const& one : servers()) {
    INFO(one.name);
    described_machine files;
    one.describe(files);
    std::string const text = to_string(beat::topology_from_sysfs(files.root(), cpu_set::first_cpus(one.cpus)));
    CHECK(text.substr(text.find('\n') + 1) == one.drawing);
  }
}

TEST_CASE("a machine with 256 CPUs is read from sysfs", "[topology]") {
  described_machine files;
  describe_epyc_with_four_nodes_a_socket(files);
  topology const machine = beat::topology_from_sysfs(files.root(), cpu_set::first_cpus(256));
  CHECK(machine.packages().size() == 2);
  CHECK(machine.nodes().size() == 8);
  CHECK(machine.l3_groups().size() == 32);
  CHECK(machine.cores().size() == 128);
  CHECK(machine.cpus().size() == 256);
  CHECK(machine.l3_groups()[31] == topology::l3_group{*cpu_set::parse("124-127,252-255"), 16 << 20});
  CHECK(machine.nodes()[7].cpus == *cpu_set::parse("112-127,240-255"));
  CHECK(machine.siblings(200) == cpu_set{72, 200});
  CHECK(machine.distance({0}, {3}) == 12);
  CHECK(machine.distance({3}, {4}) == 32);
  CHECK(to_string(machine).find("\n    L3 31, 16 MiB: 4 cores, CPUs 124-127,252-255\n") != std::string::npos);
}

#if BEAT_HAS_HWLOC() && BEAT_HAS_LINUX()

TEST_CASE("hwloc and sysfs agree about real machines", "[topology]") {
  auto const describe = GENERATE(describe_xeon_with_snc, describe_epyc_with_four_nodes_a_socket, describe_hybrid_laptop,
                                 describe_big_little_board);
  described_machine files;
  describe(files);
  ::setenv("HWLOC_FSROOT", files.root().c_str(), 1);
  ::setenv("HWLOC_THISSYSTEM", "1", 1);
  topology const by_hwloc = beat::topology_from_hwloc(cpu_set::first_cpus(256));
  ::unsetenv("HWLOC_FSROOT");
  ::unsetenv("HWLOC_THISSYSTEM");
  topology const by_sysfs = beat::topology_from_sysfs(files.root(), cpu_set::first_cpus(256));
  CHECK(to_string(by_hwloc).substr(to_string(by_hwloc).find('\n')) ==
        to_string(by_sysfs).substr(to_string(by_sysfs).find('\n')));
  beat::topology_tables tables = by_hwloc.tables();
  tables.source = by_sysfs.source();
  CHECK(topology{tables} == by_sysfs);
}

#endif
