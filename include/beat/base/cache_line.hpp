#pragma once
// SPDX-License-Identifier: MIT
// The distance which keeps two variables from sharing a cache line. It is fixed per target on purpose:
// std::hardware_destructive_interference_size follows -mtune, so two files of one program could lay out a type
// differently.

#include <cstddef>

namespace beat::inline v0 {

/// The size of a cache line, to be used with alignas. Units: bytes.
#if (defined(__APPLE__) && defined(__aarch64__)) || defined(__powerpc64__)
inline constexpr std::size_t cache_line = 128;
#else
inline constexpr std::size_t cache_line = 64;
#endif

}  // namespace beat::inline v0
