#pragma once
// SPDX-License-Identifier: MIT
// BEAT_ASSERT(condition, message) checks what only a misuse or a bug can break; the message says what to do.
// One rule: it is active unless NDEBUG is defined. Inactive, it is still compiled but evaluates nothing.

#include <beat/base/config.hpp>
#include <cstdio>
#include <cstdlib>

namespace beat::inline v0::detail {

// One call prints everything, so that two failing threads do not mix their lines.
[[noreturn]] BEAT_NO_INLINE inline void assertion_failed(char const* expression, char const* message, char const* file,
                                                         int line) noexcept {
  std::fprintf(stderr, "%s:%d: assertion failed: %s\n  %s\n", file, line, expression, message);
  std::fflush(stderr);
  std::abort();
}

}  // namespace beat::inline v0::detail

#if defined(NDEBUG)
#define BEAT_ASSERT(condition, message) \
  static_cast<void>(true || (static_cast<bool>(condition) && (message) != nullptr))
#else
#define BEAT_ASSERT(condition, message)                \
  (static_cast<bool>(condition) ? static_cast<void>(0) \
                                : ::beat::detail::assertion_failed(#condition, (message), __FILE__, __LINE__))
#endif
