// SPDX-License-Identifier: MIT
#include "suite/suite.hpp"

namespace {

using suite::results;

auto const to_serial = [](char const* name) { return [name](results const& r) { return r[name] / r["serial"]; }; };

[[maybe_unused]] bool const required[] = {
    suite::require("skynet, 2 workers / serial", 0.65, 0.65, to_serial("beat_join/workers:2")),
    suite::require("skynet, 1 worker / best peer", 0.1, 0,
                   [](results const& r) {
                     return r["beat_join/workers:1"] /
                            r.least({"tbb_group/workers:1", "tbb_reduce/workers:1", "openmp/workers:1"});
                   }),
    suite::require("skynet, 2 workers / best peer", 0.1, 0,
                   [](results const& r) {
                     return r["beat_join/workers:2"] /
                            r.least({"tbb_group/workers:2", "tbb_reduce/workers:2", "openmp/workers:2"});
                   }),
};

}  // namespace
