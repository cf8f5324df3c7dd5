// SPDX-License-Identifier: MIT
#include "suite/suite.hpp"

namespace {

using suite::results;

[[maybe_unused]] bool const required[] = {
    suite::require("a posted task, 1 producer / best peer", 0.7, 0,
                   [](results const& r) {
                     return r["beat_post/producers:1/workers:2"] /
                            r.least({"tbb_enqueue/producers:1/workers:2", "tbb_group/producers:1/workers:2",
                                     "openmp/producers:1/workers:2"});
                   }),
    suite::require("a posted task, 2 producers / best peer", 0.7, 0,
                   [](results const& r) {
                     return r["beat_post/producers:2/workers:2"] /
                            r.least({"tbb_enqueue/producers:2/workers:2", "tbb_group/producers:2/workers:2",
                                     "openmp/producers:2/workers:2"});
                   }),
};

}  // namespace
