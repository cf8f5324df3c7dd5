// SPDX-License-Identifier: MIT

#include "catch.hpp"

#include <beat/topology/synthetic.hpp>
#include <beat/topology/to_string.hpp>
#include <string>
#include <vector>

using beat::cpu_set;
using beat::topology;
using beat::topology_from_synthetic;

namespace {

void check_refused(std::string const& description, std::string const& reason) {
  INFO(description);
  try {
    topology const machine = topology_from_synthetic(description);
    FAIL_CHECK("this was accepted");
  } catch (beat::error const& failure) {
    INFO(failure.what());
    CHECK(failure.code() == beat::errc::invalid_argument);
    CHECK(std::string{failure.what()}.find(reason) != std::string::npos);
  }
}

std::string drawing(std::string const& description) {
  std::string const text = to_string(topology_from_synthetic(description));
  return text.substr(text.find('\n') + 1);
}

}  // namespace

TEST_CASE("nothing describes a machine with one CPU", "[topology]") {
  for (char const* const text : {"", "   ", "core:1", "package:1 node:1 l3:1 core:1 pu:1"}) {
    topology const machine = topology_from_synthetic(text);
    CHECK(machine.cpus().size() == 1);
    CHECK(machine.source() == "synthetic");
    CHECK(machine.usable() == cpu_set{0});
  }
}

TEST_CASE("parts hold each other", "[topology]") {
  CHECK(drawing("package:2 node:2 l3:2 core:1 pu:2 memory:64GiB cache:1536KiB") ==
        "package 0\n"
        "  node 0, 64 GiB\n"
        "    L3 0, 1.5 MiB: 1 core, CPUs 0-1\n"
        "    L3 1, 1.5 MiB: 1 core, CPUs 2-3\n"
        "  node 1, 64 GiB\n"
        "    L3 2, 1.5 MiB: 1 core, CPUs 4-5\n"
        "    L3 3, 1.5 MiB: 1 core, CPUs 6-7\n"
        "package 1\n"
        "  node 2, 64 GiB\n"
        "    L3 4, 1.5 MiB: 1 core, CPUs 8-9\n"
        "    L3 5, 1.5 MiB: 1 core, CPUs 10-11\n"
        "  node 3, 64 GiB\n"
        "    L3 6, 1.5 MiB: 1 core, CPUs 12-13\n"
        "    L3 7, 1.5 MiB: 1 core, CPUs 14-15\n"
        "distances between nodes:\n"
        "  node 0: 10 20 20 20\n"
        "  node 1: 20 10 20 20\n"
        "  node 2: 20 20 10 20\n"
        "  node 3: 20 20 20 10\n");
}

TEST_CASE("an L3 may hold nodes, and siblings may be numbered apart", "[topology]") {
  CHECK(drawing("package:2 l3:1 node:2 core:2 pu:2 siblings:apart distances:10,11,21,21,11,10,21,21,"
                "21,21,10,11,21,21,11,10") ==
        "package 0\n"
        "  node 0\n"
        "    L3 0: 2 cores, CPUs 0-1,8-9\n"
        "  node 1\n"
        "    L3 0: 2 cores, CPUs 2-3,10-11\n"
        "package 1\n"
        "  node 2\n"
        "    L3 1: 2 cores, CPUs 4-5,12-13\n"
        "  node 3\n"
        "    L3 1: 2 cores, CPUs 6-7,14-15\n"
        "distances between nodes:\n"
        "  node 0: 10 11 21 21\n"
        "  node 1: 11 10 21 21\n"
        "  node 2: 21 21 10 11\n"
        "  node 3: 21 21 11 10\n");
}

TEST_CASE("cores are of several kinds", "[topology]") {
  char const* const adjacent = "core:2 pu:2 class:1 core:3 usable:0-2,5";
  CHECK(drawing(adjacent) ==
        "package 0\n"
        "  node 0\n"
        "    L3 0: 2 cores of class 1, CPUs 0-2, not usable: CPUs 3\n"
        "    L3 0: 3 cores of class 0, CPUs 5, not usable: CPUs 4,6\n");
  CHECK(drawing("core:2 pu:2 class:1 core:3 siblings:apart") ==
        "package 0\n"
        "  node 0\n"
        "    L3 0: 2 cores of class 1, CPUs 0-1,5-6\n"
        "    L3 0: 3 cores of class 0, CPUs 2-4\n");
  topology const machine = topology_from_synthetic("package:2 core:1 class:3 core:1 class:1");
  CHECK(machine.cores() ==
        std::vector<topology::core>{{0, {0}, {0}, 1}, {1, {0}, {0}, 0}, {0, {1}, {1}, 1}, {1, {1}, {1}, 0}});
}

TEST_CASE("the largest synthetic machines are made", "[topology]") {
  CHECK(topology_from_synthetic("core:4096").cores().size() == 4096);
  CHECK(topology_from_synthetic("core:1 pu:4096").cores().size() == 1);
  CHECK(topology_from_synthetic("package:256 core:8 pu:2").nodes().size() == 256);
}

TEST_CASE("a synthetic machine that makes no sense is refused in words", "[topology]") {
  check_refused("cores:4", "'cores:4': the words are");
  check_refused("core", "write a number");
  check_refused("core:", "write a number");
  check_refused("core:0", "write a number");
  check_refused("core:-1", "write a number");
  check_refused("core:4x", "write a number");
  check_refused("core:4097", "write a number");
  check_refused("core:99999999999999999999", "write a number");
  check_refused(":", "the words are");
  check_refused("core:2\n", "'core:2\n'");
  check_refused("package:2 package:2", "say it once");
  check_refused("node:2 package:2", "write them first");
  check_refused("l3:2 package:2", "write them first");
  check_refused("core:2 node:2", "write them before");
  check_refused("pu:2", "write it behind core");
  check_refused("class:1", "write it behind core");
  check_refused("core:2 class:10", "from 0, the slowest, to 9");
  check_refused("core:2 class:-1", "from 0, the slowest, to 9");
  check_refused("memory:much", "'memory:much': write a size");
  check_refused("memory:64QiB", "write a size");
  check_refused("memory:99999999999TiB", "write a size");
  check_refused("cache:", "write a size");
  check_refused("siblings:far", "apart or adjacent");
  check_refused("usable:", "write CPUs");
  check_refused("usable:3-1", "write CPUs");
  check_refused("core:2 usable:0-2", "does not have all of these CPUs");
  check_refused("distances:10;20", "with commas between them");
  check_refused("node:2 distances:10,20", "one number for each pair");
  check_refused("node:2 distances:10,20,20,11", "10 from a node to itself");
  check_refused("core:2049 pu:2", "more than 4096 CPUs");
  check_refused("core:4096 core:1", "more than 4096 CPUs");
  check_refused("package:4096 node:4096 l3:4096 core:4096 pu:4096", "more than 4096 CPUs");
  std::string two_to_the_64th = "package:4096 node:4096 l3:4096";
  for (int kind = 0; kind < 16; ++kind) {
    two_to_the_64th += " core:4096 pu:4096";
  }
  check_refused(two_to_the_64th, "more than 4096 CPUs");
  check_refused("package:257", "more than 256 nodes");
}
