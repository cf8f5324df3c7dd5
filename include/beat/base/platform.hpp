#pragma once
// SPDX-License-Identifier: MIT
// The only header of base that knows an operating system: sleeping on a word, waking, and the process-wide barrier.
// The kernels reach it through std_atomics. With BEAT_PORTABLE, or off Linux, standard C++ does the same more slowly.
// Whoever wakes has changed the word before: a portable waiter sleeps on while it reads the expected value.

#include <algorithm>
#include <atomic>
#include <beat/base/config.hpp>
#include <chrono>
#include <cstdint>
#include <thread>

#if BEAT_HAS_LINUX()
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace beat::inline v0::detail::platform {

static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t) &&
                  std::atomic<std::uint32_t>::is_always_lock_free,
              "a thread sleeps on the four bytes of an atomic word, so the word must be nothing but its value");

/// True where heavy_fence() lets the other side of a protocol do with a compiler barrier.
inline constexpr bool has_asymmetric_fence = BEAT_HAS_LINUX() && (BEAT_HAS_X86() || BEAT_HAS_ARM64());

/// Tells the CPU that this thread spins.
BEAT_FORCE_INLINE void pause() noexcept {
#if BEAT_HAS_X86()
  __builtin_ia32_pause();
#elif BEAT_HAS_ARM64()
  asm volatile("yield");
#endif
}

/// Lets another thread have this CPU.
inline void relax() noexcept { std::this_thread::yield(); }

#if BEAT_HAS_LINUX()

// The kernel's numbers, so that no <linux/...> header and its macros reach the user.
inline constexpr int futex_wait_private = 128;
inline constexpr int futex_wake_private = 129;
inline constexpr int membarrier_private_expedited = 8;
inline constexpr int membarrier_register_private_expedited = 16;

// The time that SYS_futex reads: two longs, whatever the C library's timespec is.
struct kernel_time {
  long seconds;
  long nanoseconds;
};

/// Sleeps while the word holds `expected`. May return for no reason: call it in a loop that reads the word.
inline void futex_wait(std::atomic<std::uint32_t>& word, std::uint32_t expected) noexcept {
  ::syscall(SYS_futex, &word, futex_wait_private, expected, nullptr, nullptr, 0);
}

/// As futex_wait, but not for longer than the given time. Units: nanoseconds; 0 or less returns at once.
inline void futex_wait_for(std::atomic<std::uint32_t>& word, std::uint32_t expected,
                           std::int64_t nanoseconds) noexcept {
  if (nanoseconds <= 0) {
    return;
  }
  constexpr std::int64_t second = 1'000'000'000;
  kernel_time const time{static_cast<long>(nanoseconds / second), static_cast<long>(nanoseconds % second)};
  ::syscall(SYS_futex, &word, futex_wait_private, expected, &time, nullptr, 0);
}

/// Wakes up to `count` threads that sleep on the word. It uses only the address: the word may be gone already.
inline void futex_wake(std::atomic<std::uint32_t>& word, int count) noexcept {
  ::syscall(SYS_futex, &word, futex_wake_private, count, nullptr, nullptr, 0);
}

/// Makes this and every other thread of the process execute a full barrier. Returns false where the system refuses.
/// The first call registers the process, which can take milliseconds: make it early. It is known by its refusal, so a
/// fork at any moment leaves nothing half done, and it does no harm if several threads register.
/// Source: membarrier(2).
[[nodiscard]] inline bool heavy_fence() noexcept {
  auto const barrier = [](int command) { return ::syscall(SYS_membarrier, command, 0, 0) == 0; };
  return barrier(membarrier_private_expedited) ||
         (barrier(membarrier_register_private_expedited) && barrier(membarrier_private_expedited));
}

// How many forks lie between this process and the first that called watch_forks(). Written by the child, while it has
// one thread.
inline constinit std::atomic<std::uint32_t> forks{0};

// What `forks` is in a child of this process. Written by everybody who forks, with the same value.
inline constinit std::atomic<std::uint32_t> forks_in_child{1};

// Whether the handlers are registered. Written by watch_forks(). Each library has its own, as the system drops a
// library's handlers when it unloads the library, and others may share the count.
[[gnu::visibility("hidden")]] inline constinit std::atomic<bool> watches_forks{false};

/// How many times this process was forked off since the first call, as far as it matters: threads that were started
/// when it was another number are not here. No lock is held, so none stays locked in the child of a fork that comes
/// meanwhile: it finds the handlers registered, or registers them. Two threads may both do that, and so do several
/// libraries; all of their handlers set the count to the same value.
/// Source: pthread_atfork(3).
inline std::uint32_t watch_forks() noexcept {
  if (!watches_forks.load(std::memory_order_acquire)) {  // acquire: the registration; pairs with the store below
    auto const before = [] {
      forks_in_child.store(forks.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    };
    auto const in_child = [] {
      forks.store(forks_in_child.load(std::memory_order_relaxed), std::memory_order_relaxed);
    };
    if (::pthread_atfork(before, nullptr, in_child) == 0)
      watches_forks.store(true, std::memory_order_release);  // release: pairs with the load above
  }
  return forks.load(std::memory_order_relaxed);
}

/// The same, for those who have called watch_forks() before.
inline std::uint32_t fork_count() noexcept { return forks.load(std::memory_order_relaxed); }

/// From now on whoever forks calls `before`, and then `after` in both processes. False where there is no memory for it.
/// Source: pthread_atfork(3).
inline bool around_forks(void (*before)(), void (*after)()) noexcept {
  return ::pthread_atfork(before, after, after) == 0;
}

#else

inline std::uint32_t watch_forks() noexcept { return 0; }
inline std::uint32_t fork_count() noexcept { return 0; }
inline bool around_forks(void (*)(), void (*)()) noexcept { return false; }

/// Sleeps while the word holds `expected`. May return for no reason: call it in a loop that reads the word.
inline void futex_wait(std::atomic<std::uint32_t>& word, std::uint32_t expected) noexcept {
  word.wait(expected, std::memory_order_relaxed);
}

/// As futex_wait, but not for longer than the given time. Units: nanoseconds; 0 or less returns at once.
/// The standard has no timed wait on an atomic, so this looks at the word between sleeps. Each takes an eighth of the
/// time waited so far, from 100 us to 10 ms: a change is noticed late by that much.
inline void futex_wait_for(std::atomic<std::uint32_t>& word, std::uint32_t expected,
                           std::int64_t nanoseconds) noexcept {
  using clock = std::chrono::steady_clock;
  auto const begin = clock::now();
  std::int64_t waited = 0;
  while (waited < nanoseconds && word.load(std::memory_order_relaxed) == expected) {
    std::int64_t const sleep = std::clamp<std::int64_t>(waited / 8, 100'000, 10'000'000);
    std::this_thread::sleep_for(std::chrono::nanoseconds{std::min(sleep, nanoseconds - waited)});
    waited = std::chrono::nanoseconds{clock::now() - begin}.count();
  }
}

/// Wakes one thread that sleeps on the word, or all of them where `count` is above 1. The standard wants the word to be
/// alive still, but the implementations, too, use only its address.
inline void futex_wake(std::atomic<std::uint32_t>& word, int count) noexcept {
  if (count == 1) {
    word.notify_one();
  } else {
    word.notify_all();
  }
}

/// There is no process-wide barrier in standard C++.
[[nodiscard]] inline bool heavy_fence() noexcept { return false; }

#endif

}  // namespace beat::inline v0::detail::platform
