// SPDX-License-Identifier: MIT

#include "catch.hpp"
#include "topology/servers.hpp"

#include <algorithm>
#include <beat/topology/placement.hpp>
#include <beat/topology/synthetic.hpp>
#include <beat/topology/sysfs.hpp>
#include <string>
#include <vector>

using beat::cpu_set;
using beat::placement_policy;
using beat::topology;
using enum beat::placement_policy;

namespace {

constexpr placement_policy all_policies[] = {none, compact, scatter, one_per_core, one_per_l3, performance_cores};

// The CPUs of each thread, with spaces between them.
std::string order(topology const& machine, unsigned threads, placement_policy policy) {
  std::string text;
  for (cpu_set const& cpus : optimal_thread_placement(machine, threads, policy)) {
    text += (text.empty() ? "" : " ") + to_string(cpus);
  }
  return text;
}

struct expected_placement {
  placement_policy policy;
  unsigned places;
  std::string order;  // of as many threads as are in it
};

void check(topology const& machine, std::vector<expected_placement> const& table) {
  for (expected_placement const& row : table) {
    auto const threads = static_cast<unsigned>(std::count(row.order.begin(), row.order.end(), ' ')) + 1;
    INFO("policy " << static_cast<int>(row.policy) << ", " << threads << " threads");
    CHECK(optimal_thread_count(machine, row.policy) == row.places);
    CHECK(order(machine, threads, row.policy) == row.order);
  }
}

void check(std::string const& machine, std::vector<expected_placement> const& table) {
  INFO(machine);
  check(beat::topology_from_synthetic(machine), table);
}

void check(void (*describe)(described_machine&), unsigned cpus, std::vector<expected_placement> const& table) {
  described_machine files;
  describe(files);
  check(beat::topology_from_sysfs(files.root(), cpu_set::first_cpus(cpus)), table);
}

}  // namespace

TEST_CASE("no threads need no place", "[topology]") {
  for (placement_policy const policy : all_policies) {
    CHECK(optimal_thread_placement(topology{}, 0, policy).empty());
  }
}

TEST_CASE("a machine with one CPU has one place", "[topology]") {
  for (placement_policy const policy : all_policies) {
    check(topology::flat({7}), {{policy, 1, "7"}, {policy, 1, "7 7 7"}});
  }
}

TEST_CASE("placement on uniform cores", "[topology]") {
  check("core:4", {{none, 4, "0-3 0-3"},
                   {compact, 4, "0 1 2 3 0"},
                   {scatter, 4, "0 1 2 3 0"},
                   {one_per_core, 4, "0 1 2 3 0"},
                   {one_per_l3, 1, "0-3 0-3"},
                   {performance_cores, 4, "0 1 2 3 0"}});
}

TEST_CASE("placement on two packages with two CPUs a core", "[topology]") {
  check("package:2 core:2 pu:2 siblings:apart", {{none, 8, "0-7 0-7"},
                                                 {compact, 8, "0 1 4 5 2 3 6 7 0 1"},
                                                 {scatter, 8, "0 2 1 3 4 6 5 7 0 2"},
                                                 {one_per_core, 4, "0,4 1,5 2,6 3,7 0,4"},
                                                 {one_per_l3, 2, "0-1,4-5 2-3,6-7 0-1,4-5"},
                                                 {performance_cores, 8, "0 2 1 3 4 6 5 7"}});
  check("package:2 core:2 pu:2 siblings:adjacent", {{compact, 8, "0 2 1 3 4 6 5 7"},
                                                    {scatter, 8, "0 4 2 6 1 5 3 7"},
                                                    {one_per_core, 4, "0-1 2-3 4-5 6-7"},
                                                    {one_per_l3, 2, "0-3 4-7"}});
}

TEST_CASE("placement on four nodes", "[topology]") {
  check("package:2 node:2 core:2 distances:10,11,21,21,11,10,21,21,21,21,10,11,21,21,11,10",
        {{compact, 8, "0 1 2 3 4 5 6 7"},
         {scatter, 8, "0 4 2 6 1 5 3 7"},
         {one_per_core, 8, "0 1 2 3 4 5 6 7"},
         {one_per_l3, 4, "0-1 2-3 4-5 6-7"}});
  check("package:2 node:2 core:1 pu:2 siblings:apart", {{compact, 8, "0 4 1 5 2 6 3 7"}});
}

TEST_CASE("placement on nodes with several L3 groups", "[topology]") {
  check("package:2 node:2 l3:2 core:2", {{compact, 16, "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 0"},
                                         {scatter, 16, "0 8 4 12 2 10 6 14 1 9 5 13 3 11 7 15 0"},
                                         {one_per_l3, 8, "0-1 2-3 4-5 6-7 8-9 10-11 12-13 14-15 0-1"}});
  check("l3:2 core:2 pu:2 siblings:apart", {{compact, 8, "0 1 2 3 4 5 6 7"}, {scatter, 8, "0 2 1 3 4 6 5 7"}});
}

TEST_CASE("placement on an L3 that holds nodes", "[topology]") {
  check("package:2 l3:1 node:2 core:2",
        {{compact, 8, "0 1 2 3 4 5 6 7"}, {scatter, 8, "0 4 2 6 1 5 3 7"}, {one_per_l3, 2, "0-3 4-7"}});
}

TEST_CASE("placement on two kinds of cores", "[topology]") {
  check("core:2 pu:2 class:1 core:3", {{none, 7, "0-6"},
                                       {compact, 7, "0 2 4 5 6 1 3 0"},
                                       {scatter, 7, "0 2 4 5 6 1 3 0"},
                                       {one_per_core, 5, "0-1 2-3 4 5 6"},
                                       {performance_cores, 4, "0 2 1 3 0"}});
  check("package:2 core:1 class:0 core:1 pu:2 class:2 core:1 class:1",
        {{compact, 8, "1 3 0 2 5 7 4 6"}, {scatter, 8, "1 5 3 7 0 4 2 6"}, {performance_cores, 4, "1 5 2 6"}});
}

TEST_CASE("the fastest cores are those that may be used", "[topology]") {
  check("core:2 pu:2 class:1 core:3 usable:3,5-6",
        {{performance_cores, 1, "3 3"}, {scatter, 3, "3 5 6"}, {one_per_core, 3, "3 5 6"}});
  check("core:2 pu:2 class:1 core:3 usable:4-6", {{performance_cores, 3, "4 5 6 4"}});
}

TEST_CASE("placement with a hole in the mask", "[topology]") {
  check("package:2 core:2 pu:2 siblings:apart usable:1,4-6", {{none, 4, "1,4-6"},
                                                              {compact, 4, "1 4 5 6 1"},
                                                              {scatter, 4, "1 6 4 5 1"},
                                                              {one_per_core, 3, "1,5 4 6 1,5"},
                                                              {one_per_l3, 2, "1,4-5 6"},
                                                              {performance_cores, 4, "1 6 4 5"}});
  // A free core comes before the second CPU of a core, on whatever package it is.
  check("package:2 core:2 pu:2 siblings:apart usable:0,2-4", {{scatter, 4, "0 2 3 4"}, {compact, 4, "0 4 2 3"}});
  check("package:2 node:2 l3:2 core:2 usable:0-7,9",
        {{scatter, 9, "0 9 4 2 6 1 5 3 7"}, {one_per_l3, 5, "0-1 2-3 4-5 6-7 9"}});
}

TEST_CASE("placement on packages that share a node", "[topology]") {
  beat::topology_tables tables;
  tables.packages = {{0}, {1}};
  tables.nodes = {{0, {0, 1, 2, 3}}};
  tables.cores = {{0, {0}, {0}}, {1, {1}, {0}}, {2, {0}, {0}}, {3, {1}, {0}}};
  tables.cpus = {{0, {0}, {0}, {0}}, {1, {1}, {1}, {0}}, {2, {2}, {0}, {0}}, {3, {3}, {1}, {0}}};
  tables.usable = cpu_set::first_cpus(4);
  check(topology{tables}, {{compact, 4, "0 2 1 3"}, {scatter, 4, "0 1 2 3"}, {one_per_l3, 2, "0,2 1,3"}});
}

TEST_CASE("placement on a machine with 256 CPUs", "[topology]") {
  std::vector<expected_placement> const table{
      {none, 256, "0-255"},
      {compact, 256, "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 128 129 130 131"},
      {scatter, 256, "0 64 16 80 32 96 48 112 4 68 20 84 36 100 52 116 8 72"},
      {one_per_core, 128, "0,128 1,129 2,130 3,131 4,132"},
      {one_per_l3, 32, "0-3,128-131 4-7,132-135 8-11,136-139 12-15,140-143 16-19,144-147"},
      {performance_cores, 256, "0 64 16 80 32 96 48 112 4 68"}};
  check("package:2 node:4 l3:4 core:4 pu:2 siblings:apart", table);
  check(describe_epyc_with_four_nodes_a_socket, 256, table);
  topology const machine = beat::topology_from_synthetic("package:2 node:4 l3:4 core:4 pu:2");
  for (placement_policy const policy : {compact, scatter, performance_cores}) {
    cpu_set used;
    for (cpu_set const& cpus : optimal_thread_placement(machine, 256, policy)) {
      CHECK(cpus.size() == 1);
      used |= cpus;
    }
    CHECK(used == machine.usable());
  }
}

TEST_CASE("placement on real machines", "[topology]") {
  check(describe_xeon_with_snc, 80,
        {{compact, 80, "0 1 2 5 6 10 11 12 15 16 40 41"},
         {scatter, 80, "0 20 3 23 1 21 4 24"},
         {one_per_core, 40, "0,40 1,41 2,42 5,45"},
         {one_per_l3, 2, "0-19,40-59 20-39,60-79"}});
  check(describe_hybrid_laptop, 20,
        {{compact, 20, "0 2 4 6 8 10 12 13 14 15 16 17 18 19 1 3 5 7 9 11"},
         {one_per_core, 14, "0-1 2-3 4-5 6-7 8-9 10-11 12 13"},
         {one_per_l3, 1, "0-19"},
         {performance_cores, 12, "0 2 4 6 8 10 1 3 5 7 9 11 0"}});
  check(describe_big_little_board, 6,
        {{compact, 6, "0 1 2 3 4 5"},
         {scatter, 6, "4 5 0 1 2 3"},
         {one_per_l3, 2, "0-3 4-5"},
         {performance_cores, 2, "4 5 4"}});
}
