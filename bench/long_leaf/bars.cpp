// SPDX-License-Identifier: MIT
#include <algorithm>
#include <string>

#include "suite/suite.hpp"

namespace {

using suite::results;

auto const value = [](char const* ms, char const* counter) {
  return [name = std::string{"beat_join/ms:"} + ms + ' ' + counter](results const& r) { return r[name]; };
};

[[maybe_unused]] bool const required[] = {
    suite::require_always("join of two leaves of 50 ms at once, worst in ms", 55, 55, value("0", "worst_ms")),
    suite::require_always("join of two leaves of 50 ms after 30 ms, worst in ms", 55, 55, value("30", "worst_ms")),
    suite::require_always("join of two leaves of 50 ms after 1 s, worst in ms", 55, 55, value("1000", "worst_ms")),
    suite::require("the second leaf's start, the other worker spins, p50 in us", 100, 100, value("0", "start_p50_us")),
    suite::require("the second leaf's start, the other worker naps, p50 in us", 200, 200, value("5", "start_p50_us")),
    suite::require("the second leaf's start, the other worker sleeps, p50 in us", 250, 250,
                   value("1000", "start_p50_us")),
};

}  // namespace
