#pragma once
// SPDX-License-Identifier: MIT
// What the compiler and the target offer. Every feature test is function-like, so that a misspelt one does not compile.
// A user who defines BEAT_PORTABLE (to anything but 0) gets standard C++ only; all parts of a program must agree on it.

// BEAT_FORCE_INLINE implies `inline`; BEAT_NO_INLINE marks slow paths and does not.
#if defined(__GNUC__)
#define BEAT_FORCE_INLINE __attribute__((always_inline)) inline
#define BEAT_NO_INLINE __attribute__((noinline, cold))
#else
#define BEAT_FORCE_INLINE inline
#define BEAT_NO_INLINE
#endif

// A calling convention for slow paths which are called from hot ones: the callee saves what it uses, so that the hot
// path needs to save nothing for it. Compilers without such a convention ignore it.
#if defined(__clang__) && (defined(__x86_64__) || defined(__aarch64__))
#define BEAT_CALLEE_SAVES __attribute__((preserve_most))
#else
#define BEAT_CALLEE_SAVES
#endif

#if defined(__linux__)
#define BEAT_HAS_LINUX() 1
#else
#define BEAT_HAS_LINUX() 0
#endif

#if defined(BEAT_PORTABLE)
// Empty reads as `- - 1`, which is 1; only a 0 makes this -1.
#if - BEAT_PORTABLE - 1 != -1
#undef BEAT_HAS_LINUX
#define BEAT_HAS_LINUX() 0
#endif
#endif

#if defined(__x86_64__) || defined(__i386__)
#define BEAT_HAS_X86() 1
#else
#define BEAT_HAS_X86() 0
#endif

#if defined(__aarch64__)
#define BEAT_HAS_ARM64() 1
#else
#define BEAT_HAS_ARM64() 0
#endif

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define BEAT_HAS_ADDRESS_SANITIZER() 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define BEAT_HAS_ADDRESS_SANITIZER() 1
#endif
#if !defined(BEAT_HAS_ADDRESS_SANITIZER)
#define BEAT_HAS_ADDRESS_SANITIZER() 0
#endif
