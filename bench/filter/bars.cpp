// SPDX-License-Identifier: MIT
#include "suite/suite.hpp"

namespace {

using suite::results;

[[maybe_unused]] bool const required[] = {
    suite::require("copy_if of 10^7 doubles, 2 workers / best peer", 1.0, 0,
                   [](results const& r) {
                     return r["beat_copy_if/workers:2"] / r.least({"tbb_scan/workers:2", "std_par_unseq/workers:2"});
                   }),
    suite::require("copy_if of 10^7 doubles, 1 worker / serial", 1.05, 0,
                   [](results const& r) { return r["beat_copy_if/workers:1"] / r["serial"]; }),
};

}  // namespace
