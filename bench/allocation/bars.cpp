// SPDX-License-Identifier: MIT
#include <string>

#include "suite/suite.hpp"

namespace {

using suite::results;

auto const to = [](char const* competitor, char const* arguments) {
  return [peer = competitor + std::string{arguments}, beat = std::string{"beat_pool"} + arguments](results const& r) {
    return r[beat] / r[peer];
  };
};

[[maybe_unused]] bool const required[] = {
    suite::require("an object alone / std::pmr", 0.5, 0.5, to("std_pmr", "/by_another:0/n:1")),
    suite::require("an object alone / malloc", 1, 1, to("malloc", "/by_another:0/n:1")),
    suite::require("100 objects / std::pmr", 0.5, 0.5, to("std_pmr", "/by_another:0/n:100")),
    suite::require("100 objects / malloc", 1, 1, to("malloc", "/by_another:0/n:100")),
    suite::require("10^4 objects / std::pmr", 0.5, 0.5, to("std_pmr", "/by_another:0/n:10000")),
    suite::require("10^4 objects / malloc", 1, 1, to("malloc", "/by_another:0/n:10000")),
    suite::require("100 objects, freed by another thread / malloc", 1, 1, to("malloc", "/by_another:1/n:100")),
    suite::require("1000 objects, freed by another thread / malloc", 1, 1, to("malloc", "/by_another:1/n:1000")),
};

}  // namespace
