#pragma once
// SPDX-License-Identifier: MIT
// The layout: where the workers of a pool are on the machine, what node is the home of each, and whom it robs first.
// Pure computation on a topology. Workers beyond those that have a place (guests, spares) are robbed last.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <beat/topology/cpu_set.hpp>
#include <beat/topology/placement.hpp>
#include <beat/topology/platform.hpp>
#include <beat/topology/topology.hpp>

namespace beat::inline v0::detail {

/// Others in the order in which one worker robs them: tier by tier, where those of a tier are equally far.
struct robbing_order {
  std::vector<std::uint32_t> victims;
  std::vector<std::uint32_t> tier_ends;  // positions in `victims`

  std::span<std::uint32_t const> tier(std::size_t i) const noexcept {
    std::uint32_t const begin = i == 0 ? 0 : tier_ends[i - 1];
    return std::span{victims}.subspan(begin, tier_ends[i] - begin);
  }
};

class layout {
 public:
  /// Nobody has a place: every thread runs where the system lets it, and there is one home for all.
  layout() = default;

  /// `workers` threads on `machine`; with placement_policy::none nobody has a place, but tasks may name nodes.
  layout(topology machine, unsigned workers, placement_policy policy) : machine_{std::move(machine)} {
    for (topology::node const& node : machine_->nodes()) cpus_of_node_.push_back(node.cpus & machine_->usable());
    if (policy == placement_policy::none) return;
    places_ = optimal_thread_placement(*machine_, workers, policy);
    for (topology::cpu const& cpu : machine_->cpus()) {
      if (cpu.os_index >= node_of_cpu_.size()) node_of_cpu_.resize(cpu.os_index + 1);
      node_of_cpu_[cpu.os_index] = cpu.node.value;
    }
    std::vector<zone> zones;
    for (cpu_set const& place : places_) {
      zone const here{*machine_, *machine_->find_cpu(*place.first())};
      auto const known = std::find(zones.begin(), zones.end(), here);
      zone_of_.push_back(static_cast<std::uint32_t>(known - zones.begin()));
      if (known == zones.end()) zones.push_back(here);
    }
    for (zone const& here : zones) {
      nodes_.push_back(here.node.value);
      orders_.push_back(order_of(here, zones));
    }
  }

  /// The machine, where the pool knows it.
  std::optional<topology> const& machine() const noexcept { return machine_; }

  /// How many workers have a place.
  std::uint32_t placed() const noexcept { return static_cast<std::uint32_t>(places_.size()); }

  /// Where a worker may run: a spare on the CPUs of its node. Empty where that is left to the system.
  cpu_set const& place(std::uint32_t worker) const noexcept {
    if (worker < placed()) return places_[worker];
    return places_.empty() ? nowhere_ : cpus_of_node_[home(worker)];
  }

  /// The CPUs of a node which this process may use; none where nobody knows the machine, or it has no such node.
  cpu_set const& cpus_of(node_id node) const noexcept {
    return node.value < cpus_of_node_.size() ? cpus_of_node_[node.value] : nowhere_;
  }

  /// How many homes there are: one for each node of the machine, or one.
  std::uint32_t homes() const noexcept {
    return places_.empty() ? 1 : static_cast<std::uint32_t>(machine_->nodes().size());
  }

  /// The home of a worker: its node, where it has a place. Others share the homes of those, so that there are CPUs.
  std::uint32_t home(std::uint32_t worker) const noexcept {
    return places_.empty() ? 0 : nodes_[zone_of_[worker % placed()]];
  }

  /// The home of whoever runs on the CPU of the calling thread.
  std::uint32_t home_here() const noexcept {
    unsigned const cpu = current_cpu();
    return cpu < node_of_cpu_.size() ? node_of_cpu_[cpu] : 0;
  }

  /// Whom a worker with a place robs, itself among them.
  robbing_order const& order(std::uint32_t worker) const noexcept { return orders_[zone_of_[worker]]; }

 private:
  // Where workers count as equally far from everybody.
  struct zone {
    zone(topology const& machine, topology::cpu const& cpu)
        : package{cpu.package}, node{cpu.node}, l3{cpu.l3}, machine_{&machine} {}

    // Smaller is nearer.
    std::array<unsigned, 4> distance_to(zone const& other) const {
      return {node != other.node, machine_->distance(node, other.node), package != other.package, l3 != other.l3};
    }
    bool operator==(zone const& other) const noexcept {
      return package == other.package && node == other.node && l3 == other.l3;
    }

    package_id package;
    node_id node;
    l3_id l3;

   private:
    topology const* machine_;
  };

  robbing_order order_of(zone const& here, std::vector<zone> const& zones) const {
    auto const distance = [&](std::uint32_t worker) { return here.distance_to(zones[zone_of_[worker]]); };
    robbing_order order;
    for (std::uint32_t worker = 0; worker < placed(); ++worker) order.victims.push_back(worker);
    std::sort(order.victims.begin(), order.victims.end(), [&](std::uint32_t left, std::uint32_t right) {
      auto const left_distance = distance(left), right_distance = distance(right);
      return left_distance != right_distance ? left_distance < right_distance : left < right;
    });
    for (std::uint32_t i = 1; i <= placed(); ++i)
      if (i == placed() || distance(order.victims[i - 1]) != distance(order.victims[i])) order.tier_ends.push_back(i);
    return order;
  }

  std::optional<topology> machine_;
  std::vector<cpu_set> places_;             // of each worker that has one
  std::vector<cpu_set> cpus_of_node_;       // those which this process may use, where the machine is known
  std::vector<std::uint32_t> node_of_cpu_;  // by the system's number of the CPU
  std::vector<std::uint32_t> zone_of_;      // of each worker that has a place
  std::vector<std::uint32_t> nodes_;        // of each zone
  std::vector<robbing_order> orders_;       // of each zone
  cpu_set nowhere_;
};

}  // namespace beat::inline v0::detail
