#pragma once
// SPDX-License-Identifier: MIT
// The version of the library. This is the only place that states it: CMake reads the three numbers from here.

#include <string_view>

#define BEAT_VERSION_MAJOR 0
#define BEAT_VERSION_MINOR 1
#define BEAT_VERSION_PATCH 0

#define BEAT_VERSION_QUOTE(number) #number
#define BEAT_VERSION_JOIN(a, b, c) BEAT_VERSION_QUOTE(a) "." BEAT_VERSION_QUOTE(b) "." BEAT_VERSION_QUOTE(c)

namespace beat::inline v0 {

/// The version as text: "major.minor.patch".
inline constexpr std::string_view version =
    BEAT_VERSION_JOIN(BEAT_VERSION_MAJOR, BEAT_VERSION_MINOR, BEAT_VERSION_PATCH);

}  // namespace beat::inline v0

#undef BEAT_VERSION_JOIN
#undef BEAT_VERSION_QUOTE
