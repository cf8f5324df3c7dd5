// SPDX-License-Identifier: MIT

#include "catch.hpp"

#include <beat/topology/topology.hpp>
#include <concepts>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

using beat::topology;
using beat::topology_tables;

static_assert(std::regular<topology>);
static_assert(std::is_nothrow_copy_constructible_v<topology> && std::is_nothrow_copy_assignable_v<topology> &&
              std::is_nothrow_move_constructible_v<topology> && std::is_nothrow_move_assignable_v<topology>);
static_assert(!std::is_convertible_v<beat::node_id, beat::package_id> &&
              !std::is_convertible_v<beat::node_id, unsigned>);
static_assert(beat::node_id{1} > beat::node_id{0});

namespace {

// Two packages with a node and a core each; CPU 0 and 1 are on the first, 2 on the second.
topology_tables small_machine() {
  topology_tables tables;
  tables.packages = {{0}, {1}};
  tables.nodes = {{0, {0, 1}}, {1, {2}}};
  tables.cores = {{0, {0}, {0}}, {0, {1}, {1}}};
  tables.cpus = {{0, {0}, {0}, {0}}, {1, {0}, {0}, {0}}, {2, {1}, {1}, {1}}};
  tables.usable = {0, 2};
  tables.source = "test";
  return tables;
}

template <class Change>
void check_refused(Change change) {
  topology_tables tables = small_machine();
  change(tables);
  try {
    topology const machine{tables};
    FAIL_CHECK("these tables were accepted");
  } catch (beat::error const& failure) {
    CHECK(failure.code() == beat::errc::invalid_argument);
    CHECK(std::string{failure.what()}.find("topology: ") == 0);
  }
}

}  // namespace

TEST_CASE("a flat topology is one package and one node", "[topology]") {
  topology const machine = topology::flat({1, 4});
  CHECK(machine.source() == "flat fall-back");
  CHECK(machine.usable() == beat::cpu_set{1, 4});
  CHECK(machine.packages().size() == 1);
  REQUIRE(machine.nodes().size() == 1);
  CHECK(machine.nodes()[0].cpus == beat::cpu_set{1, 4});
  CHECK(machine.cores().size() == 2);
  REQUIRE(machine.cpus().size() == 2);
  CHECK(machine.cpus()[0] == topology::cpu{1, {0}, {0}, {0}});
  CHECK(machine.cpus()[1] == topology::cpu{4, {1}, {0}, {0}});
}

TEST_CASE("a flat topology needs a CPU", "[topology]") { CHECK_THROWS_AS(topology::flat({}), beat::error); }

TEST_CASE("a default topology is the single CPU 0", "[topology]") {
  CHECK(topology{} == topology::flat({0}));
  CHECK(topology{}.usable() == beat::cpu_set{0});
}

TEST_CASE("a topology is a value", "[topology]") {
  topology const machine{small_machine()};
  topology copy = machine;
  CHECK(copy == machine);
  topology_tables other = small_machine();
  other.usable = {0, 1, 2};
  copy = topology{other};
  CHECK(copy != machine);
  CHECK(machine.usable() == beat::cpu_set{0, 2});
}

TEST_CASE("copies of a topology share its tables", "[topology]") {
  topology const machine{small_machine()};
  topology const copy = machine;
  CHECK(&copy.cpus() == &machine.cpus());
  CHECK(topology{small_machine()} == machine);
}

TEST_CASE("a topology that was moved from is still one", "[topology]") {
  topology machine{small_machine()};
  topology const taken = std::move(machine);
  CHECK(machine == taken);  // NOLINT(bugprone-use-after-move): that is the promise
  topology assigned;
  assigned = std::move(machine);
  CHECK(machine == assigned);  // NOLINT(bugprone-use-after-move)
}

TEST_CASE("rows are found by their names", "[topology]") {
  topology const machine{small_machine()};
  CHECK(&machine[beat::package_id{1}] == &machine.packages()[1]);
  CHECK(&machine[beat::node_id{1}] == &machine.nodes()[1]);
  CHECK(&machine[beat::l3_id{1}] == &machine.l3_groups()[1]);
  CHECK(&machine[beat::core_id{1}] == &machine.cores()[1]);
}

TEST_CASE("without L3 groups each package is one of unknown size", "[topology]") {
  topology const machine{small_machine()};
  CHECK(machine.l3_groups() == std::vector<topology::l3_group>{{{0, 1}, 0}, {{2}, 0}});
  CHECK(machine.cpus()[1].l3 == beat::l3_id{0});
  CHECK(machine.cpus()[2].l3 == beat::l3_id{1});
}

TEST_CASE("without distances a node is 10 from itself and 20 from others", "[topology]") {
  topology const machine{small_machine()};
  CHECK(machine.distance({0}, {0}) == 10);
  CHECK(machine.distance({1}, {1}) == 10);
  CHECK(machine.distance({0}, {1}) == 20);
  CHECK(machine.distance({1}, {0}) == 20);
}

TEST_CASE("distances have a direction", "[topology]") {
  topology_tables tables = small_machine();
  tables.distances = {10, 12, 31, 10};
  topology const machine{tables};
  CHECK(machine.distance({0}, {1}) == 12);
  CHECK(machine.distance({1}, {0}) == 31);
}

TEST_CASE("the siblings of a CPU share its core", "[topology]") {
  topology const machine{small_machine()};
  CHECK(machine.siblings(0) == beat::cpu_set{0, 1});
  CHECK(machine.siblings(1) == beat::cpu_set{0, 1});
  CHECK(machine.siblings(2) == beat::cpu_set{2});
  CHECK(machine.siblings(7).empty());
  CHECK(machine.cpus_of(beat::core_id{1}) == beat::cpu_set{2});
}

TEST_CASE("another topology is made from the tables of one", "[topology]") {
  topology_tables tables = topology{small_machine()}.tables();
  tables.usable = {2};
  CHECK(topology{tables}.usable() == beat::cpu_set{2});
}

TEST_CASE("a topology finds a CPU by the index of the operating system", "[topology]") {
  topology const machine = topology::flat({1, 4, 9});
  REQUIRE(machine.find_cpu(4) != nullptr);
  CHECK(machine.find_cpu(4)->core == beat::core_id{1});
  CHECK(machine.find_cpu(9) == &machine.cpus()[2]);
  CHECK(machine.find_cpu(0) == nullptr);
  CHECK(machine.find_cpu(5) == nullptr);
  CHECK(machine.find_cpu(10) == nullptr);
}

TEST_CASE("a node may have memory only", "[topology]") {
  topology_tables tables = small_machine();
  tables.nodes.push_back({2, {}});
  topology const machine{tables};
  CHECK(machine.nodes().size() == 3);
  CHECK(machine.distance({2}, {0}) == 20);
}

TEST_CASE("a topology refuses tables that contradict themselves", "[topology]") {
  CHECK(topology{small_machine()}.source() == "test");
  SECTION("no CPU") {
    check_refused([](topology_tables& t) { t.cpus.clear(); });
  }
  SECTION("no tables") {
    check_refused([](topology_tables& t) { t = {}; });
  }
  SECTION("a core that does not exist") {
    check_refused([](topology_tables& t) { t.cpus[1].core = {2}; });
  }
  SECTION("a package that does not exist") {
    check_refused([](topology_tables& t) { t.packages.pop_back(); });
  }
  SECTION("a node that does not exist") {
    check_refused([](topology_tables& t) { t.nodes.pop_back(); });
  }
  SECTION("a core of no CPU with a wrong node") {
    check_refused([](topology_tables& t) { t.cores.push_back({7, {0}, {5}}); });
  }
  SECTION("CPUs out of order") {
    check_refused([](topology_tables& t) { std::swap(t.cpus[0], t.cpus[1]); });
  }
  SECTION("a CPU twice") {
    check_refused([](topology_tables& t) { t.cpus[1].os_index = 0; });
  }
  SECTION("a CPU in another package than its core") {
    check_refused([](topology_tables& t) { t.cpus[0].package = {1}; });
  }
  SECTION("a CPU in another node than its core") {
    check_refused([](topology_tables& t) {
      t.cpus[0].node = {1};
      t.nodes[1].cpus.add(0);
      t.nodes[0].cpus.remove(0);
    });
  }
  SECTION("a CPU that its node lacks") {
    check_refused([](topology_tables& t) { t.nodes[0].cpus.remove(1); });
  }
  SECTION("a CPU that another node has") {
    check_refused([](topology_tables& t) {
      t.nodes[0].cpus.remove(1);
      t.nodes[1].cpus.add(1);
    });
  }
  SECTION("a CPU in two nodes") {
    check_refused([](topology_tables& t) { t.nodes[1].cpus.add(0); });
  }
  SECTION("a node with an unknown CPU") {
    check_refused([](topology_tables& t) { t.nodes[0].cpus.add(9); });
  }
  SECTION("an L3 group that does not exist") {
    check_refused([](topology_tables& t) {
      t.l3_groups = {{{0, 1}, 0}};
      t.cpus[2].l3 = {1};
    });
  }
  SECTION("a CPU that its L3 group lacks") {
    check_refused([](topology_tables& t) {
      t.l3_groups = {{{0}, 0}, {{1, 2}, 0}};
      t.cpus[2].l3 = {1};
    });
  }
  SECTION("an L3 group with an unknown CPU") {
    check_refused([](topology_tables& t) {
      t.l3_groups = {{{0, 1, 9}, 0}, {{2}, 0}};
      t.cpus[2].l3 = {1};
    });
  }
  SECTION("an L3 group across packages") {
    check_refused([](topology_tables& t) { t.l3_groups = {{{0, 1, 2}, 0}}; });
  }
  SECTION("a core in two L3 groups") {
    check_refused([](topology_tables& t) {
      t.l3_groups = {{{0}, 0}, {{1}, 0}, {{2}, 0}};
      t.cpus[1].l3 = {1};
      t.cpus[2].l3 = {2};
    });
  }
  SECTION("too few distances") {
    check_refused([](topology_tables& t) { t.distances = {10, 20, 20}; });
  }
  SECTION("a node that is not near itself") {
    check_refused([](topology_tables& t) { t.distances = {10, 20, 20, 20}; });
  }
  SECTION("a node that is nearer than near") {
    check_refused([](topology_tables& t) { t.distances = {10, 9, 20, 10}; });
  }
  SECTION("no slowest class of cores") {
    check_refused([](topology_tables& t) { t.cores[0].efficiency_class = t.cores[1].efficiency_class = 1; });
  }
  SECTION("nothing usable") {
    check_refused([](topology_tables& t) { t.usable = {}; });
  }
  SECTION("usable CPUs that do not exist") {
    check_refused([](topology_tables& t) { t.usable.add(3); });
  }
}
