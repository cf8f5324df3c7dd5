#pragma once
// SPDX-License-Identifier: MIT
// How the tests were built, where that matters to what they may expect.

#include <beat/base/config.hpp>

namespace build_kind {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool is_sanitized = true;
#elif defined(__has_feature)
inline constexpr bool is_sanitized = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
inline constexpr bool is_sanitized = false;
#endif

inline constexpr bool has_thread_sanitizer = is_sanitized && !BEAT_HAS_ADDRESS_SANITIZER();

/// Of all the builds that are tested, the one in which things happen as often as promised. In the others, which look
/// for other mistakes, they happen less often.
#if defined(__clang__)
inline constexpr bool is_thorough = false;
#else
inline constexpr bool is_thorough = !is_sanitized && BEAT_HAS_LINUX();
#endif

#if defined(__OPTIMIZE__)
inline constexpr bool is_optimised = true;
#else
inline constexpr bool is_optimised = false;
#endif

/// Frames are as small as users' are.
inline constexpr bool has_small_frames = is_optimised && !is_sanitized;

}  // namespace build_kind
