// SPDX-License-Identifier: MIT
#include "suite/suite.hpp"

namespace {

using suite::results;

[[maybe_unused]] bool const required[] = {
    suite::require("stable sort of 10^7 doubles, 2 workers / best peer", 1.0, 0,
                   [](results const& r) { return r["beat_stable_sort/workers:2"] / r["std_par_unseq/workers:2"]; }),
    suite::require("stable sort of 10^7 doubles, 1 worker / serial", 1.0, 0,
                   [](results const& r) { return r["beat_stable_sort/workers:1"] / r["serial"]; }),
    suite::require("stable sort by a function, 1 worker / serial", 1.0, 0,
                   [](results const& r) { return r["beat_stable_sort_by_function/workers:1"] / r["serial"]; }),
};

}  // namespace
