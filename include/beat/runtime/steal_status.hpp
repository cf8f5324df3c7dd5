#pragma once
// SPDX-License-Identifier: MIT
// What a thief got, for both structures it steals from.

#include <cstdint>

namespace beat::inline v0 {

/// `lost` means that somebody else was quicker: there may be more.
enum class steal_status : std::uint8_t { empty, lost, stolen };

/// The loot is set only with `stolen`.
template <class T>
struct steal_result {
  steal_status status;
  T* loot;
};

}  // namespace beat::inline v0
