#pragma once
// SPDX-License-Identifier: MIT
// The machine in which these tests run, as boot.cmake makes it: four nodes with two CPUs each.

#include <cstddef>

#include <beat/topology/binding.hpp>
#include <beat/topology/cpu_set.hpp>
#include <beat/topology/platform.hpp>

#include "catch.hpp"

namespace guest {

inline constexpr unsigned nodes = 4;
inline constexpr unsigned cpus = 8;
inline constexpr std::size_t page = 4096;  // bytes

inline beat::cpu_set cpus_of(unsigned node) { return {2 * node, 2 * node + 1}; }

inline constexpr unsigned distances[nodes][nodes] = {
    {10, 15, 30, 30},
    {15, 10, 30, 30},
    {30, 30, 10, 20},
    {30, 30, 20, 10},
};

/// The node on which the calling thread runs at this moment.
inline unsigned current_node() { return beat::current_cpu() / 2; }

/// Lets the calling thread run on one node only, as long as this object lives.
class stay_on {
 public:
  explicit stay_on(unsigned node) { REQUIRE(beat::bind_this_thread(cpus_of(node)).has_value()); }
  ~stay_on() { static_cast<void>(beat::bind_this_thread(before_)); }
  stay_on(stay_on const&) = delete;
  stay_on& operator=(stay_on const&) = delete;

 private:
  beat::cpu_set const before_ = beat::this_thread_affinity();
};

}  // namespace guest
