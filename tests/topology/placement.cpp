// SPDX-License-Identifier: MIT

#include "catch.hpp"

#include <beat/topology/placement.hpp>
#include <string>
#include <vector>

using beat::cpu_set;
using beat::place;
using beat::placement_policy;
using beat::topology;
using beat::topology_tables;

namespace {

// `packages` of `nodes` each, of `cores` each; with two CPUs a core, the second ones come after all the first ones.
topology make_machine(unsigned packages, unsigned nodes, unsigned cores, unsigned cpus_per_core) {
  topology_tables tables;
  for (unsigned package = 0; package < packages; ++package) {
    tables.packages.push_back({package});
    for (unsigned node = 0; node < nodes; ++node) {
      beat::node_id const its_node{static_cast<unsigned>(tables.nodes.size())};
      tables.nodes.push_back({its_node.value, {}});
      for (unsigned core = 0; core < cores; ++core) {
        tables.cores.push_back({core, {package}, its_node});
      }
    }
  }
  for (unsigned thread = 0; thread < cpus_per_core; ++thread) {
    for (unsigned core = 0; core < tables.cores.size(); ++core) {
      unsigned const os_index = static_cast<unsigned>(tables.cpus.size());
      auto const& row = tables.cores[core];
      tables.cpus.push_back({os_index, {core}, row.package, row.node});
      tables.nodes[row.node.value].cpus.add(os_index);
      tables.usable.add(os_index);
    }
  }
  return topology{tables};
}

topology restricted(topology const& machine, cpu_set const& usable) {
  topology_tables tables = machine.tables();
  tables.usable = usable;
  return topology{tables};
}

// The one CPU of each worker, as "0 2 1"; a worker with more than one shows its set.
std::string order(topology const& machine, placement_policy policy, unsigned workers) {
  std::string text;
  for (cpu_set const& cpus : place(machine, policy, workers)) {
    text += (text.empty() ? "" : " ") + to_string(cpus);
  }
  return text;
}

}  // namespace

TEST_CASE("unbound workers may run on every usable CPU", "[topology]") {
  topology const machine = restricted(make_machine(1, 1, 4, 1), {1, 3});
  CHECK(place(machine, placement_policy::unbound, 3) == std::vector<cpu_set>(3, cpu_set{1, 3}));
}

TEST_CASE("no workers need no place", "[topology]") {
  for (auto const policy : {placement_policy::unbound, placement_policy::compact, placement_policy::spread}) {
    CHECK(place(topology{}, policy, 0).empty());
  }
}

TEST_CASE("compact placement fills the cores of a node before the next node", "[topology]") {
  CHECK(order(make_machine(1, 1, 4, 1), placement_policy::compact, 4) == "0 1 2 3");
  CHECK(order(make_machine(2, 1, 2, 1), placement_policy::compact, 4) == "0 1 2 3");
  // Package 0 has the CPUs 0, 1, 4, 5, where 4 and 5 share the cores of 0 and 1.
  CHECK(order(make_machine(2, 1, 2, 2), placement_policy::compact, 8) == "0 1 4 5 2 3 6 7");
  CHECK(order(make_machine(2, 2, 1, 2), placement_policy::compact, 8) == "0 4 1 5 2 6 3 7");
}

TEST_CASE("spread placement takes turns between packages, then nodes, then cores", "[topology]") {
  CHECK(order(make_machine(1, 1, 4, 1), placement_policy::spread, 4) == "0 1 2 3");
  CHECK(order(make_machine(2, 1, 2, 1), placement_policy::spread, 4) == "0 2 1 3");
  CHECK(order(make_machine(2, 2, 2, 1), placement_policy::spread, 8) == "0 4 2 6 1 5 3 7");
  CHECK(order(make_machine(2, 1, 2, 2), placement_policy::spread, 8) == "0 2 1 3 4 6 5 7");
}

TEST_CASE("placement uses only usable CPUs", "[topology]") {
  topology const machine = restricted(make_machine(2, 1, 2, 2), {1, 4, 5, 6});
  CHECK(order(machine, placement_policy::compact, 4) == "1 4 5 6");
  CHECK(order(machine, placement_policy::spread, 4) == "1 6 4 5");
}

TEST_CASE("spread placement uses a free core before the second CPU of a core", "[topology]") {
  // Package 0 keeps one core with both CPUs, package 1 both cores.
  topology const machine = restricted(make_machine(2, 1, 2, 2), {0, 4, 2, 3});
  CHECK(order(machine, placement_policy::spread, 4) == "0 2 3 4");
}

TEST_CASE("more workers than CPUs start over", "[topology]") {
  CHECK(order(make_machine(1, 1, 2, 1), placement_policy::compact, 5) == "0 1 0 1 0");
  CHECK(order(make_machine(2, 1, 2, 1), placement_policy::spread, 6) == "0 2 1 3 0 2");
  CHECK(order(topology::flat({7}), placement_policy::spread, 2) == "7 7");
}

TEST_CASE("placement treats packages that share a node apart", "[topology]") {
  topology_tables tables;
  tables.packages = {{0}, {1}};
  tables.nodes = {{0, {0, 1, 2, 3}}};
  tables.cores = {{0, {0}, {0}}, {1, {1}, {0}}, {2, {0}, {0}}, {3, {1}, {0}}};
  tables.cpus = {{0, {0}, {0}, {0}}, {1, {1}, {1}, {0}}, {2, {2}, {0}, {0}}, {3, {3}, {1}, {0}}};
  tables.usable = cpu_set::first_cpus(4);
  CHECK(order(topology{tables}, placement_policy::compact, 4) == "0 2 1 3");
  CHECK(order(topology{tables}, placement_policy::spread, 4) == "0 1 2 3");
}
