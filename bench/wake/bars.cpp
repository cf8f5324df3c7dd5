// SPDX-License-Identifier: MIT
#include <string>

#include "suite/suite.hpp"

namespace {

using suite::results;

auto const to_best_peer = [](char const* milliseconds, char const* counter) {
  return [suffix = std::string{"/ms:"} + milliseconds + ' ' + counter](results const& r) {
    std::string const tbb = "tbb_enqueue" + suffix, openmp = "openmp" + suffix, async = "std_async" + suffix;
    return r["beat_post" + suffix] / r.least({tbb.c_str(), openmp.c_str(), async.c_str()});
  };
};

[[maybe_unused]] bool const required[] = {
    suite::require("wake after 1 ms, p50 / best peer", 1.1, 0, to_best_peer("1", "p50_us")),
    suite::require("wake after 1 ms, p99 / best peer", 1.1, 0, to_best_peer("1", "p99_us")),
    suite::require("wake after 20 ms, p50 / best peer", 1.1, 0, to_best_peer("20", "p50_us")),
    suite::require("wake after 20 ms, p99 / best peer", 1.1, 0, to_best_peer("20", "p99_us")),
    suite::require("wake after 100 ms, p50 / best peer", 1.1, 0, to_best_peer("100", "p50_us")),
    suite::require("wake after 100 ms, p99 / best peer", 1.1, 0, to_best_peer("100", "p99_us")),
};

}  // namespace
