// SPDX-License-Identifier: MIT
#include "suite/suite.hpp"

namespace {

using suite::results;

[[maybe_unused]] bool const required[] = {
    suite::require("reduce of 10^7 doubles, 2 workers / best peer", 1.03, 0,
                   [](results const& r) {
                     return r["beat_reduce/workers:2"] / r.least({"tbb_reduce/workers:2", "openmp/workers:2",
                                                                  "std_par_unseq/workers:2", "std_async/workers:2"});
                   }),
};

}  // namespace
