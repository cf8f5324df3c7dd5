// SPDX-License-Identifier: MIT
#include "suite/suite.hpp"

namespace {

using suite::results;

[[maybe_unused]] bool const required[] = {
    suite::require("memory of a posted task that waits, bytes", 64, 0,
                   [](results const& r) { return r["beat_post bytes_per_task"]; }),
    suite::require("peak memory of fib on 2 workers, KiB beyond serial", 512, 0,
                   [](results const& r) { return r["beat_join peak_kib"] - r["serial peak_kib"]; }),
};

}  // namespace
