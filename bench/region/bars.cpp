// SPDX-License-Identifier: MIT
#include "suite/suite.hpp"

namespace {

using suite::results;

auto const beyond_serial = [](char const* n) {
  return [size = std::string{n}](results const& r) {
    return r["beat_inside/n:" + size + "/workers:2"] - r["serial/n:" + size];
  };
};
auto const from_outside = [](char const* n) {
  return [size = std::string{n}](results const& r) { return r["beat_outside/n:" + size + "/workers:2 p50_ns"]; };
};

[[maybe_unused]] bool const required[] = {
    suite::require("region of 10^5 iterations, 2 workers / serial", 0.56, 0.56,
                   [](results const& r) { return r["beat_inside/n:100000/workers:2"] / r["serial/n:100000"]; }),
    suite::require("region of 2 iterations inside of a task, ns beyond serial", 30, 30, beyond_serial("2")),
    suite::require("region of 1000 iterations inside of a task, ns beyond serial", 30, 30, beyond_serial("1000")),
    suite::require("region of 2 iterations from outside, p50 in ns", 200, 200, from_outside("2")),
    suite::require("region of 1000 iterations from outside, p50 in ns", 200, 200, from_outside("1000")),
};

}  // namespace
