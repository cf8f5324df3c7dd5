// SPDX-License-Identifier: MIT
#include "suite/suite.hpp"

namespace {

using suite::results;

auto const ratio = [](char const* left, char const* right) {
  return [left, right](results const& r) { return r[left] / r[right]; };
};

[[maybe_unused]] bool const required[] = {
    suite::require("tree of 2^24 by join, 1 worker / serial", 1.45, 1.35,
                   ratio("beat_join/levels:24/workers:1", "serial/levels:24")),
    suite::require("tree of 2^24 by join, 2 workers / serial", 0.75, 0.75,
                   ratio("beat_join/levels:24/workers:2", "serial/levels:24")),
    suite::require("tree of 1023 in a loop, 2 workers / 1 worker", 1.05, 1.05,
                   ratio("beat_join/levels:10/workers:2", "beat_join/levels:10/workers:1")),
    suite::require("tree of 1023 in a loop, 4 workers / 1 worker", 1.3, 1.3,
                   ratio("beat_join/levels:10/workers:4", "beat_join/levels:10/workers:1")),
    suite::require("tree of 1023 after 50 ms of idleness, 2 workers / 1 worker", 1.1, 1.1,
                   ratio("beat_join_rested/levels:10/workers:2", "beat_join_rested/levels:10/workers:1")),
    suite::require("tree of 2^24 by join, 2 workers / best peer", 0.1, 0,
                   [](results const& r) {
                     return r["beat_join/levels:24/workers:2"] /
                            r.least({"tbb_invoke/levels:24/workers:2", "openmp/levels:24/workers:2"});
                   }),
};

}  // namespace
