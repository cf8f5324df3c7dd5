// SPDX-License-Identifier: MIT
#include "suite/suite.hpp"

namespace {

using suite::results;

[[maybe_unused]] bool const required[] = {
    suite::require(
        "graph: a wavefront, 2 workers / oneTBB", 0.6, 0.6,
        [](results const& r) { return r["beat_graph/random:0/workers:2"] / r["tbb_flow_graph/random:0/workers:2"]; }),
    suite::require(
        "graph: a random one, 2 workers / oneTBB", 0.6, 0.6,
        [](results const& r) { return r["beat_graph/random:1/workers:2"] / r["tbb_flow_graph/random:1/workers:2"]; }),
};

}  // namespace
