#pragma once
// SPDX-License-Identifier: MIT
// Machines that exist on paper, for tests and for planning: "package:2 node:2 l3:1 core:4 pu:2" is two packages with
// two nodes each, and each node is an L3 group of four cores with two CPUs. The grammar is at the function at the end.

#include <algorithm>
#include <beat/base/error.hpp>
#include <beat/topology/cpu_set.hpp>
#include <beat/topology/machine_facts.hpp>
#include <beat/topology/text.hpp>
#include <beat/topology/topology.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace beat::inline v0 {

namespace detail {

// Cores of one kind, in each innermost part of the machine.
struct synthetic_cores {
  unsigned count = 1;
  unsigned cpus = 1;
  unsigned efficiency_class = 0;
};

struct synthetic_machine {
  static constexpr unsigned most_cpus = 4096;
  static constexpr unsigned most_nodes = 256;

  unsigned packages = 0;  // 0: not mentioned, which means one, as for nodes and L3 groups
  unsigned nodes = 0;
  unsigned l3_groups = 0;
  bool l3_holds_nodes = false;  // each L3 group has nodes; otherwise each node has L3 groups
  std::vector<synthetic_cores> cores = {};
  bool siblings_apart = false;
  std::uint64_t memory_bytes = 0;
  std::uint64_t l3_bytes = 0;
  std::optional<cpu_set> usable = {};
  std::vector<unsigned> distances = {};

  // No overflow: each number is at most 4096, and so many kinds of cores as would do it are too many.
  [[nodiscard]] std::uint64_t node_count() const noexcept {
    return std::uint64_t{packages} * nodes * (l3_holds_nodes ? l3_groups : 1);
  }
  [[nodiscard]] std::uint64_t l3_count() const noexcept {
    return std::uint64_t{packages} * l3_groups * (l3_holds_nodes ? 1 : nodes);
  }
  [[nodiscard]] std::uint64_t cpu_count() const noexcept {
    std::uint64_t in_part = 0;
    for (synthetic_cores const& kind : cores) {
      in_part = std::min<std::uint64_t>(in_part + std::uint64_t{kind.count} * kind.cpus, most_cpus + 1);
    }
    return std::max(node_count(), l3_count()) * in_part;
  }
};

[[noreturn]] inline void refuse_synthetic(std::string_view word, char const* why) {
  throw error{errc::invalid_argument, "synthetic topology: '" + std::string{word} + "': " + why};
}

// One word, as "core:4".
class synthetic_word {
 public:
  explicit synthetic_word(std::string_view word) : word_{word}, value_{word}, name_{split_off(value_, ':')} {}

  [[nodiscard]] std::string_view name() const noexcept { return name_; }
  [[nodiscard]] std::string_view value() const noexcept { return value_; }

  [[noreturn]] void refuse(char const* why) const { refuse_synthetic(word_, why); }

  void require(bool condition, char const* why) const {
    if (!condition) {
      refuse(why);
    }
  }

  [[nodiscard]] unsigned count() const {
    auto const number = parse_number<unsigned>(value_);
    require(number && *number >= 1 && *number <= synthetic_machine::most_cpus, "write a number from 1 to 4096");
    return *number;
  }

  [[nodiscard]] std::uint64_t size() const {
    auto const bytes = parse_size(value_);
    require(bytes.has_value(), "write a size such as 512KiB, 32MiB or 64GiB");
    return *bytes;
  }

 private:
  std::string_view word_;
  std::string_view value_;
  std::string_view name_;
};

// A part of the machine that holds others: once, outermost first, and before the cores.
inline void read_synthetic_part(synthetic_word const& word, synthetic_machine& machine) {
  unsigned& count = word.name() == "package" ? machine.packages
                    : word.name() == "node"  ? machine.nodes
                                             : machine.l3_groups;
  word.require(count == 0, "this was said before; say it once");
  word.require(machine.cores.empty(), "packages, nodes and L3 groups hold the cores; write them before");
  word.require(word.name() != "package" || (machine.nodes == 0 && machine.l3_groups == 0),
               "packages hold nodes and L3 groups; write them first");
  machine.l3_holds_nodes = machine.l3_holds_nodes || (word.name() == "node" && machine.l3_groups != 0);
  count = word.count();
}

// What the cores before are like.
inline void read_synthetic_core_attribute(synthetic_word const& word, synthetic_machine& machine) {
  word.require(!machine.cores.empty(), "this says what cores are like; write it behind core");
  if (word.name() == "pu") {
    machine.cores.back().cpus = word.count();
    return;
  }
  auto const number = parse_number<unsigned>(word.value());
  word.require(number && *number <= 9, "write a class from 0, the slowest, to 9");
  machine.cores.back().efficiency_class = *number;
}

[[nodiscard]] inline std::vector<unsigned> read_synthetic_distances(synthetic_word const& word) {
  std::vector<unsigned> distances;
  for (std::string_view rest = word.value(); !rest.empty();) {
    auto const distance = parse_number<unsigned>(split_off(rest, ','));
    word.require(distance.has_value(), "write numbers with commas between them, a row for each node");
    distances.push_back(*distance);
  }
  return distances;
}

inline void read_synthetic_word(synthetic_word const& word, synthetic_machine& machine) {
  std::string_view const name = word.name();
  if (name == "package" || name == "node" || name == "l3") {
    read_synthetic_part(word, machine);
  } else if (name == "core") {
    machine.cores.push_back({word.count()});
  } else if (name == "pu" || name == "class") {
    read_synthetic_core_attribute(word, machine);
  } else if (name == "memory") {
    machine.memory_bytes = word.size();
  } else if (name == "cache") {
    machine.l3_bytes = word.size();
  } else if (name == "siblings") {
    word.require(word.value() == "apart" || word.value() == "adjacent", "siblings are apart or adjacent");
    machine.siblings_apart = word.value() == "apart";
  } else if (name == "usable") {
    auto const cpus = cpu_set::parse(word.value());
    word.require(cpus && !cpus->empty(), "write CPUs such as 0-3,8");
    machine.usable = *cpus;
  } else if (name == "distances") {
    machine.distances = read_synthetic_distances(word);
  } else {
    word.refuse("the words are package, node, l3, core, pu, class, memory, cache, distances, siblings and usable");
  }
}

[[nodiscard]] inline synthetic_machine parse_synthetic(std::string_view description) {
  synthetic_machine machine;
  while (!description.empty()) {
    std::string_view const word = split_off(description, ' ');
    if (!word.empty()) {
      read_synthetic_word(synthetic_word{word}, machine);
    }
  }
  for (unsigned* const count : {&machine.packages, &machine.nodes, &machine.l3_groups}) {
    *count = std::max(1U, *count);
  }
  if (machine.cores.empty()) {
    machine.cores.push_back({});
  }
  return machine;
}

// Numbers, in the order of the tree, the CPUs of each core from the `first` to the one before `last`.
inline void add_synthetic_cpus(synthetic_machine const& machine, unsigned first, unsigned last, machine_facts& facts) {
  unsigned const outer_parts = machine.l3_holds_nodes ? machine.l3_groups : machine.nodes;
  unsigned const inner_parts = machine.l3_holds_nodes ? machine.nodes : machine.l3_groups;
  unsigned const parts = machine.packages * outer_parts * inner_parts;
  unsigned core = 0;  // in the package
  for (unsigned part = 0; part < parts; ++part) {
    unsigned const outer = part / inner_parts;
    unsigned const package = outer / outer_parts;
    unsigned const node = machine.l3_holds_nodes ? part : outer;
    unsigned const l3 = machine.l3_holds_nodes ? outer : part;
    core = part % (outer_parts * inner_parts) == 0 ? 0 : core;
    for (synthetic_cores const& kind : machine.cores) {
      for (unsigned const end = core + kind.count; core < end; ++core) {
        for (unsigned sibling = first; sibling < std::min(last, kind.cpus); ++sibling) {
          unsigned const os_index = static_cast<unsigned>(facts.cpus.size());
          facts.cpus.push_back({os_index, package, 0, core, l3, kind.efficiency_class});
          facts.nodes[node].cpus.add(os_index);
        }
      }
    }
  }
}

[[nodiscard]] inline machine_facts make_synthetic_facts(synthetic_machine const& machine) {
  machine_facts facts;
  for (unsigned node = 0; node < machine.node_count(); ++node) {
    facts.nodes.push_back({node, {}, machine.memory_bytes});
  }
  facts.l3_groups.assign(machine.l3_count(), {{}, machine.l3_bytes});
  facts.distances = machine.distances;
  unsigned most = 1;
  for (synthetic_cores const& kind : machine.cores) {
    most = std::max(most, kind.cpus);
  }
  unsigned const step = machine.siblings_apart ? 1 : most;
  for (unsigned sibling = 0; sibling < most; sibling += step) {
    add_synthetic_cpus(machine, sibling, sibling + step, facts);
  }
  return facts;
}

inline void check_synthetic_size(synthetic_machine const& machine, std::string_view description) {
  if (machine.cpu_count() > synthetic_machine::most_cpus) {
    refuse_synthetic(description, "this machine has more than 4096 CPUs; describe a smaller one");
  }
  if (machine.node_count() > synthetic_machine::most_nodes) {
    refuse_synthetic(description, "this machine has more than 256 nodes; describe a smaller one");
  }
  if (!machine.distances.empty() && !are_distances(machine.distances, machine.node_count())) {
    refuse_synthetic(description,
                     "distances are one number for each pair of nodes, 10 from a node to itself and not "
                     "less to others");
  }
}

}  // namespace detail

/// Makes a machine of words with spaces between them. All parts are alike, and what is not mentioned is one.
///   package:2  node:2  l3:4    the parts that hold each other, outermost first; l3 may also stand before node
///   core:6 pu:2 class:1        the cores in each innermost part: how many CPUs each has, and how fast it is; again for
///   core:8 pu:1 class:0        another kind of cores
///   memory:64GiB  cache:32MiB  of each node and each L3 group; unknown if not mentioned
///   distances:10,21,21,10      from each node to each, row by row
///   siblings:apart             the CPUs of a core are not numbered one after the other (adjacent), but a second time
///                              round through the machine, as servers do
///   usable:0-3,8               the CPUs that the process may use; all if not mentioned
/// Throws: beat::error(invalid_argument) which names the word that is wrong, also for more than 4096 CPUs or 256 nodes.
[[nodiscard]] inline topology topology_from_synthetic(std::string_view description) {
  detail::synthetic_machine const machine = detail::parse_synthetic(description);
  detail::check_synthetic_size(machine, description);
  detail::machine_facts facts = detail::make_synthetic_facts(machine);
  cpu_set const all = cpu_set::first_cpus(static_cast<unsigned>(facts.cpus.size()));
  cpu_set const usable = machine.usable.value_or(all);
  if ((usable & all) != usable) {
    detail::refuse_synthetic("usable:" + to_string(usable), "this machine does not have all of these CPUs");
  }
  return detail::make_topology(std::move(facts), usable, "synthetic");
}

}  // namespace beat::inline v0
