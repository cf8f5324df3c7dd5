#pragma once
// SPDX-License-Identifier: MIT
// What the tests of algorithms share.

#include <beat/base/error.hpp>
#include <system_error>

namespace algorithm_test {

/// The code of the beat::error that `f` throws, or none.
template <class F>
std::error_code error_of(F&& f) {
  try {
    f();
  } catch (beat::error const& e) {
    return e.code();
  }
  return {};
}

}  // namespace algorithm_test
