// SPDX-License-Identifier: MIT
#include "suite/suite.hpp"

namespace {

using suite::results;

auto const to_serial = [](char const* name) { return [name](results const& r) { return r[name] / r["serial/n:38"]; }; };

[[maybe_unused]] bool const required[] = {
    suite::require("fib by join, 1 worker / serial", 1.05, 1.10, to_serial("beat_join/n:38/workers:1")),
    suite::require("fib by join with a context, 1 worker / serial", 0, 1.05,
                   to_serial("beat_join_context/n:38/workers:1")),
    suite::require("fib by pcall, 1 worker / serial", 1.15, 1.15, to_serial("beat_pcall/n:38/workers:1")),
    suite::require("fib by join, 2 workers / serial", 0.56, 0.56, to_serial("beat_join/n:38/workers:2")),
    suite::require("fib by join, 1 worker / best peer", 0.1, 0,
                   [](results const& r) {
                     return r["beat_join/n:27/workers:1"] /
                            r.least({"tbb_invoke/n:27/workers:1", "openmp/n:27/workers:1"});
                   }),
    suite::require("fib by join, 2 workers / best peer", 0.1, 0,
                   [](results const& r) {
                     return r["beat_join/n:27/workers:2"] /
                            r.least({"tbb_invoke/n:27/workers:2", "openmp/n:27/workers:2"});
                   }),
};

}  // namespace
