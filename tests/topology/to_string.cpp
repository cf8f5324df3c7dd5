// SPDX-License-Identifier: MIT

#include "catch.hpp"

#include <beat/topology/to_string.hpp>
#include <cstdint>
#include <string>

using beat::topology;
using beat::topology_tables;

namespace {

constexpr std::uint64_t gib = std::uint64_t{1} << 30U;
constexpr std::uint64_t mib = std::uint64_t{1} << 20U;

}  // namespace

TEST_CASE("a flat machine is drawn in three lines", "[topology]") {
  CHECK(to_string(topology::flat({1, 4, 5})) ==
        "1 package, 1 node, 3 cores, 3 CPUs (3 usable), from flat fall-back\n"
        "package 0\n"
        "  node 0\n"
        "    L3 0: 3 cores, CPUs 1,4-5\n");
}

TEST_CASE("sizes, kinds of cores, unusable CPUs, memory and distances are drawn", "[topology]") {
  topology_tables tables;
  tables.packages = {{0}, {3}};
  tables.nodes = {{0, {0, 1, 2, 3}, 16 * gib}, {1, {4, 5}, 3 * gib / 2}, {5, {}, 512 * gib}};
  tables.l3_groups = {{{0, 1, 2, 3}, 12 * mib}, {{4}, 512 * 1024}, {{5}, 0}};
  tables.cores = {{0, {0}, {0}, 1}, {1, {0}, {0}, 0}, {2, {0}, {0}, 0}, {0, {1}, {1}, 1}, {1, {1}, {1}, 0}};
  tables.cpus = {{0, {0}, {0}, {0}, {0}}, {1, {0}, {0}, {0}, {0}}, {2, {1}, {0}, {0}, {0}},
                 {3, {2}, {0}, {0}, {0}}, {4, {3}, {1}, {1}, {1}}, {5, {4}, {1}, {1}, {2}}};
  tables.distances = {10, 21, 40, 22, 10, 40, 40, 40, 10};
  tables.usable = {0, 1, 2, 5};
  tables.source = "test";
  CHECK(to_string(topology{tables}) ==
        "2 packages, 3 nodes, 5 cores, 6 CPUs (4 usable), from test\n"
        "package 0\n"
        "  node 0, 16 GiB\n"
        "    L3 0, 12 MiB: 1 core of class 1, CPUs 0-1\n"
        "    L3 0, 12 MiB: 2 cores of class 0, CPUs 2, not usable: CPUs 3\n"
        "package 3\n"
        "  node 1, 1.5 GiB\n"
        "    L3 1, 512 KiB: 1 core of class 1, not usable: CPUs 4\n"
        "    L3 2: 1 core of class 0, CPUs 5\n"
        "node 5, 512 GiB, memory only\n"
        "distances between nodes:\n"
        "  node 0: 10 21 40\n"
        "  node 1: 22 10 40\n"
        "  node 5: 40 40 10\n");
}

TEST_CASE("a node of two packages is drawn in both", "[topology]") {
  topology_tables tables;
  tables.packages = {{0}, {1}};
  tables.nodes = {{0, {0, 1}, gib + gib / 10 * 3}};
  tables.cores = {{0, {0}, {0}}, {0, {1}, {0}}};
  tables.cpus = {{0, {0}, {0}, {0}}, {1, {1}, {1}, {0}}};
  tables.usable = {0, 1};
  tables.source = "test";
  CHECK(to_string(topology{tables}) ==
        "2 packages, 1 node, 2 cores, 2 CPUs (2 usable), from test\n"
        "package 0\n"
        "  node 0, 1.2 GiB\n"
        "    L3 0: 1 core, CPUs 0\n"
        "package 1\n"
        "  node 0, 1.2 GiB\n"
        "    L3 1: 1 core, CPUs 1\n");
}

TEST_CASE("a big machine is drawn in few lines", "[topology]") {
  topology_tables tables;
  tables.packages = {{0}};
  tables.nodes = {{0, beat::cpu_set::first_cpus(1024)}};
  for (unsigned core = 0; core < 512; ++core) {
    tables.cores.push_back({core});
  }
  for (unsigned cpu = 0; cpu < 1024; ++cpu) {
    tables.cpus.push_back({cpu, {cpu % 512}});
  }
  tables.usable = beat::cpu_set::first_cpus(1024);
  tables.usable.remove(700);
  std::string const text = to_string(topology{tables});
  CHECK(text.size() < 200);
  CHECK(text.find("512 cores, CPUs 0-699,701-1023, not usable: CPUs 700\n") != std::string::npos);
}
