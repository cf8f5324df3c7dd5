#pragma once
// SPDX-License-Identifier: MIT
// A graph as a picture: text for Graphviz.

#include <cstddef>
#include <string>
#include <string_view>

#include <beat/task/graph_state.hpp>

namespace beat::inline v0::detail {

inline std::string dot_string(std::string_view text) {
  std::string result = "\"";
  for (char const c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result += '"';
}

/// Nodes are called by their numbers, below `prefix`, as names need not differ.
inline void write_dot(std::string& out, graph_state const& g, std::string const& prefix) {
  auto const id = [&](graph_task const& n) { return prefix + std::to_string(n.number); };
  for (graph_task const& n : g.nodes) {
    if (n.part) {
      out += "  subgraph cluster_" + id(n) + " {\n  label=" + dot_string(n.label()) + ";\n";
      out += "  " + id(n) + " [shape=point];\n";  // the end of an edge to the part
      write_dot(out, *n.part, id(n) + '_');
      out += "  }\n";
    } else {
      out += "  " + id(n) + " [label=" + dot_string(n.label()) + (n.is_condition ? " shape=diamond];\n" : "];\n");
    }
  }
  for (graph_task const& n : g.nodes) {
    for (std::size_t i = 0; i < n.successors.size(); ++i) {
      out += "  " + id(n) + " -> " + id(*n.successors[i]);
      if (n.is_condition) out += " [style=dashed label=" + std::to_string(i) + ']';
      out += ";\n";
    }
  }
}

}  // namespace beat::inline v0::detail
