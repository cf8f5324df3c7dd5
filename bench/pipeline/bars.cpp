// SPDX-License-Identifier: MIT
#include "suite/suite.hpp"

namespace {

using suite::results;

[[maybe_unused]] bool const required[] = {
    suite::require("pipeline: 10^6 values, 2 workers / oneTBB", 0.6, 0.6,
                   [](results const& r) { return r["beat_pipeline/workers:2"] / r["tbb_pipeline/workers:2"]; }),
};

}  // namespace
