// SPDX-License-Identifier: MIT
#include "suite/suite.hpp"

namespace {

[[maybe_unused]] bool const required[] = {
    suite::require("CPU of an idle pool of 2 workers, ms in a second", 0.03, 0,
                   [](suite::results const& r) { return r["beat_pool cpu_ms_per_s"]; }),
};

}  // namespace
