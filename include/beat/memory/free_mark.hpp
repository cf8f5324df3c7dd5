#pragma once
// SPDX-License-Identifier: MIT
// How a block shows that nobody uses it: its first word holds a value that depends on its address, which nobody writes
// by chance, and is overwritten when the block is given out. Under AddressSanitizer the whole block is poisoned
// besides, so that whoever touches it is found.

#include <beat/base/config.hpp>
#include <cstddef>
#include <cstdint>
#include <cstring>

#if BEAT_HAS_ADDRESS_SANITIZER()
extern "C" {
void __asan_poison_memory_region(void const volatile* begin, std::size_t bytes);
void __asan_unpoison_memory_region(void const volatile* begin, std::size_t bytes);
int __asan_address_is_poisoned(void const volatile* place);
}
#endif

namespace beat::inline v0::detail {

/// Keeps everybody off memory that nobody uses.
inline void poison([[maybe_unused]] void* begin, [[maybe_unused]] std::size_t bytes) noexcept {
#if BEAT_HAS_ADDRESS_SANITIZER()
  __asan_poison_memory_region(begin, bytes);
#endif
}

inline void unpoison([[maybe_unused]] void* begin, [[maybe_unused]] std::size_t bytes) noexcept {
#if BEAT_HAS_ADDRESS_SANITIZER()
  __asan_unpoison_memory_region(begin, bytes);
#endif
}

using free_mark = std::uintptr_t;

/// The key is the store's, and of no other one.
inline free_mark mark_of(void const* block, std::uint64_t key) noexcept {
  return reinterpret_cast<free_mark>(block) ^ static_cast<free_mark>(key ^ 0x9e37'79b9'7f4a'7c15U);
}

inline void mark_as_free(void* block, std::size_t bytes, std::uint64_t key) noexcept {
  free_mark const mark = mark_of(block, key);
  std::memcpy(block, &mark, sizeof mark);
  poison(block, bytes);
}

inline void* mark_as_used(void* block, std::size_t bytes) noexcept {
  unpoison(block, bytes);
  return std::memset(block, 0, sizeof(free_mark));
}

inline bool is_marked_as_free(void const* block, [[maybe_unused]] std::uint64_t key) noexcept {
#if BEAT_HAS_ADDRESS_SANITIZER()
  return __asan_address_is_poisoned(block) != 0;
#else
  free_mark mark;
  std::memcpy(&mark, block, sizeof mark);
  return mark == mark_of(block, key);
#endif
}

}  // namespace beat::inline v0::detail
