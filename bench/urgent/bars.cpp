// SPDX-License-Identifier: MIT
#include "suite/suite.hpp"

namespace {

using suite::results;

[[maybe_unused]] bool const required[] = {
    suite::require("a high task among 100,000 low ones begins, p50, us", 20, 20,
                   [](results const& r) { return r["beat_high p50_us"]; }),
};

}  // namespace
