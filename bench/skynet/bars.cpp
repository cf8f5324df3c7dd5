// SPDX-License-Identifier: MIT
#include "suite/suite.hpp"

namespace {

using suite::results;

double beat_on_two(results const& r) { return r.least({"beat_join/workers:2", "beat_reduce/workers:2"}); }

[[maybe_unused]] bool const required[] = {
    suite::require("skynet, 2 workers / serial", 0.65, 0.65,
                   [](results const& r) { return beat_on_two(r) / r["serial"]; }),
    suite::require("skynet, 1 worker / best peer", 0.1, 0,
                   [](results const& r) {
                     return r.least({"beat_join/workers:1", "beat_reduce/workers:1"}) /
                            r.least({"tbb_group/workers:1", "tbb_reduce/workers:1", "openmp/workers:1"});
                   }),
    suite::require("skynet, 2 workers / best peer", 0.1, 0,
                   [](results const& r) {
                     return beat_on_two(r) /
                            r.least({"tbb_group/workers:2", "tbb_reduce/workers:2", "openmp/workers:2"});
                   }),
};

}  // namespace
