// SPDX-License-Identifier: MIT
#include "suite/suite.hpp"

namespace {

using suite::results;

auto const to_serial = [](char const* name) { return [name](results const& r) { return r[name] / r["serial"]; }; };

[[maybe_unused]] bool const required[] = {
    suite::require("12 queens by join, 1 worker / serial", 1.08, 1.05, to_serial("beat_join/workers:1")),
    suite::require("12 queens by join, 2 workers / serial", 0.56, 0.55, to_serial("beat_join/workers:2")),
};

}  // namespace
