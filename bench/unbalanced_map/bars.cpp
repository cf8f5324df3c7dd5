// SPDX-License-Identifier: MIT
#include "suite/suite.hpp"

namespace {

using suite::results;

[[maybe_unused]] bool const required[] = {
    suite::require("unbalanced map, 2 workers / serial", 0.518, 0.518,
                   [](results const& r) { return r["beat_map/workers:2"] / r["serial"]; }),
};

}  // namespace
