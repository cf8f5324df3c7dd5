// SPDX-License-Identifier: MIT
#include "suite/suite.hpp"

namespace {

using suite::results;

[[maybe_unused]] bool const required[] = {
    suite::require("map of 10^7 doubles, 2 workers / best peer", 1.03, 0,
                   [](results const& r) {
                     return r["beat_map/workers:2"] / r.least({"tbb_parallel_for/workers:2", "openmp/workers:2",
                                                               "std_par_unseq/workers:2", "std_async/workers:2"});
                   }),
};

}  // namespace
