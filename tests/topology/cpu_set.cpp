// SPDX-License-Identifier: MIT

#include "catch.hpp"

#include <algorithm>
#include <beat/topology/cpu_set.hpp>
#include <iterator>
#include <random>
#include <set>
#include <string>
#include <system_error>
#include <type_traits>
#include <vector>

using beat::cpu_set;

static_assert(std::forward_iterator<cpu_set::iterator>);
static_assert(std::is_nothrow_move_constructible_v<cpu_set>);

namespace {

std::vector<unsigned> members(cpu_set const& set) {
  std::vector<unsigned> result;
  for (unsigned const index : set) {
    result.push_back(index);
  }
  return result;
}

}  // namespace

TEST_CASE("a cpu_set starts empty", "[topology]") {
  cpu_set const set;
  CHECK(set.empty());
  CHECK(set.size() == 0);
  CHECK_FALSE(set.first().has_value());
  CHECK(set.begin() == set.end());
  CHECK_FALSE(set.contains(0));
  CHECK_FALSE(set.contains(~0U));
}

TEST_CASE("a cpu_set holds what was added and not removed", "[topology]") {
  cpu_set set{5, 70, 5};
  CHECK(set.size() == 2);
  CHECK(set.contains(5));
  CHECK(set.contains(70));
  CHECK_FALSE(set.contains(6));
  CHECK_FALSE(set.contains(69));
  CHECK(set.first() == 5U);
  set.remove(5);
  set.remove(6);
  set.remove(1000);
  CHECK(set.first() == 70U);
  CHECK(set.size() == 1);
  set.remove(70);
  CHECK(set.empty());
}

TEST_CASE("cpu_sets with the same members are equal whatever their history", "[topology]") {
  cpu_set set{3};
  set.add(500);
  CHECK(set != cpu_set{3});
  set.remove(500);
  CHECK(set == cpu_set{3});
  CHECK((cpu_set{1, 500} & cpu_set{1}) == cpu_set{1});
  CHECK((cpu_set{1} & cpu_set{2}).empty());
  CHECK(cpu_set::first_cpus(3) == cpu_set{2, 1, 0});
  CHECK(cpu_set::first_cpus(0).empty());
}

TEST_CASE("a cpu_set is walked in ascending order", "[topology]") {
  CHECK(members({130, 64, 0, 63, 65, 127}) == std::vector<unsigned>{0, 63, 64, 65, 127, 130});
  CHECK(members({63}) == std::vector<unsigned>{63});
  CHECK(members({640}) == std::vector<unsigned>{640});
  CHECK(members({}).empty());
}

TEST_CASE("cpu_sets unite and intersect", "[topology]") {
  cpu_set const low{0, 1, 2};
  cpu_set const high{2, 200};
  CHECK((low | high) == cpu_set{0, 1, 2, 200});
  CHECK((high | low) == cpu_set{0, 1, 2, 200});
  CHECK((low & high) == cpu_set{2});
  CHECK((high & low) == cpu_set{2});
  cpu_set set = high;
  set |= set;
  set &= set;
  CHECK(set == high);
}

TEST_CASE("a cpu_set behaves like a set of numbers under random use", "[topology]") {
  std::mt19937 random{7};
  cpu_set set;
  std::set<unsigned> model;
  bool same = true;
  for (int step = 0; step < 3000; ++step) {
    unsigned const index = static_cast<unsigned>(random() % 300);
    if (random() % 2 == 0) {
      set.add(index);
      model.insert(index);
    } else {
      set.remove(index);
      model.erase(index);
    }
    same = same && set.size() == model.size() && members(set) == std::vector<unsigned>(model.begin(), model.end()) &&
           *cpu_set::parse(to_string(set)) == set;
  }
  CHECK(same);
}

TEST_CASE("a cpu_set refuses an index that no machine has", "[topology]") {
  cpu_set set;
  set.add(cpu_set::max_index);
  CHECK(set.first() == cpu_set::max_index);
  CHECK_THROWS_AS(set.add(cpu_set::max_index + 1), beat::error);
  try {
    set.add(~0U);
    FAIL("no exception");
  } catch (beat::error const& failure) {
    CHECK(failure.code() == beat::errc::invalid_argument);
  }
  CHECK(set.size() == 1);
}

TEST_CASE("cpu_set::parse reads the kernel's list format", "[topology]") {
  CHECK(*cpu_set::parse("0-3,8,10-11\n") == cpu_set{0, 1, 2, 3, 8, 10, 11});
  CHECK(*cpu_set::parse("0") == cpu_set{0});
  CHECK(*cpu_set::parse("7-7") == cpu_set{7});
  CHECK(*cpu_set::parse("63-64") == cpu_set{63, 64});
  CHECK(*cpu_set::parse("4,1-2,2") == cpu_set{1, 2, 4});
  CHECK(*cpu_set::parse(" 5 \r\n") == cpu_set{5});
  CHECK(cpu_set::parse("")->empty());
  CHECK(cpu_set::parse("\n")->empty());
  CHECK(*cpu_set::parse("1048576") == cpu_set{cpu_set::max_index});
}

TEST_CASE("cpu_set::parse rejects everything else", "[topology]") {
  for (char const* const text : {"x",
                                 "0-",
                                 "-3",
                                 "-",
                                 "3-1",
                                 "0,",
                                 ",",
                                 ",0",
                                 "0,,1",
                                 "0-1-2",
                                 "0--1",
                                 "0 1",
                                 "0, 1",
                                 "0 - 1",
                                 "1.5",
                                 "0x1",
                                 "+1",
                                 "0-3:1/2",
                                 "all",
                                 "1048577",
                                 "0-1048577",
                                 "4294967296",
                                 "99999999999999999999999",
                                 "0-3\n4"}) {
    INFO("text: '" << text << "'");
    auto const parsed = cpu_set::parse(text);
    CHECK_FALSE(parsed.has_value());
    CHECK(parsed.error() == beat::errc::invalid_argument);
  }
}

TEST_CASE("to_string writes the kernel's list format", "[topology]") {
  CHECK(to_string(cpu_set{}).empty());
  CHECK(to_string(cpu_set{0}) == "0");
  CHECK(to_string(cpu_set{0, 1}) == "0-1");
  CHECK(to_string(cpu_set{11, 10, 8, 3, 2, 1, 0}) == "0-3,8,10-11");
  CHECK(to_string(cpu_set{63, 64, 128}) == "63-64,128");
}
