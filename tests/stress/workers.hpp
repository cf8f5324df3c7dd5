#pragma once
// SPDX-License-Identifier: MIT
// How many workers the pools of the stress tests have.

#include "catch.hpp"

namespace stress {

/// A test that asks is one for each answer.
inline unsigned workers_under_test() { return GENERATE(1U, 2U, 4U, 16U); }

}  // namespace stress
