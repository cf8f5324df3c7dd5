// SPDX-License-Identifier: MIT
// The points themselves: every operator new of the program, and user_code().

#include "faults.hpp"

#include <pthread.h>

#include <atomic>
#include <cstdlib>

namespace faults {

namespace {

std::atomic<bool> armed{false};
std::atomic<kind> armed_for{kind::allocation};
std::atomic<long> chosen{0};  // the point that fails
std::atomic<long> passed{0};  // points so far
std::atomic<char const*> first_wrong{nullptr};

/// The stack size that threads get: none can be started with a stack as large as the address space.
void set_stack_size(std::size_t size) noexcept {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, size);
  pthread_setattr_default_np(&attributes);
  pthread_attr_destroy(&attributes);
}

std::size_t stack_size() noexcept {
  pthread_attr_t attributes;
  std::size_t size = 0;
  pthread_getattr_default_np(&attributes);
  pthread_attr_getstacksize(&attributes, &size);
  pthread_attr_destroy(&attributes);
  return size;
}

std::size_t const usual_stack_size = stack_size();

bool allocation_fails() noexcept {
  if (!armed.load(std::memory_order_relaxed)) return false;
  kind const what = armed_for.load(std::memory_order_relaxed);
  if (what == kind::user_code) return false;
  long const point = passed.fetch_add(1, std::memory_order_relaxed) + 1;
  long const fails = chosen.load(std::memory_order_relaxed);
  if (what == kind::shortage) return point >= fails && point < fails + 20;
  if (point != fails) return false;
  if (what == kind::allocation) return true;
  set_stack_size(std::size_t{1} << 47);
  return false;
}

void* allocate(std::size_t size, std::size_t alignment) noexcept {
  if (allocation_fails()) return nullptr;
  if (size == 0) size = 1;
  if (alignment <= __STDCPP_DEFAULT_NEW_ALIGNMENT__) return std::malloc(size);
  return std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
}

void* allocate_or_throw(std::size_t size, std::size_t alignment) {
  void* const memory = allocate(size, alignment);
  if (memory == nullptr) throw std::bad_alloc{};
  return memory;
}

}  // namespace

void user_code() {
  if (!armed.load(std::memory_order_relaxed) || armed_for.load(std::memory_order_relaxed) != kind::user_code) return;
  long const point = passed.fetch_add(1, std::memory_order_relaxed) + 1;
  if (point == chosen.load(std::memory_order_relaxed)) throw planned{point};
}

void expect(bool holds, char const* what) noexcept {
  char const* nothing = nullptr;
  if (!holds) first_wrong.compare_exchange_strong(nothing, what, std::memory_order_relaxed);
}

void arm(kind what, long point) noexcept {
  armed_for.store(what, std::memory_order_relaxed);
  chosen.store(point, std::memory_order_relaxed);
  passed.store(0, std::memory_order_relaxed);
  armed.store(true, std::memory_order_relaxed);
}

verdict disarm() noexcept {
  armed.store(false, std::memory_order_relaxed);
  set_stack_size(usual_stack_size);
  return {passed.load(std::memory_order_relaxed) >= chosen.load(std::memory_order_relaxed),
          first_wrong.exchange(nullptr, std::memory_order_relaxed)};
}

}  // namespace faults

void* operator new(std::size_t size) { return faults::allocate_or_throw(size, 1); }
void* operator new[](std::size_t size) { return faults::allocate_or_throw(size, 1); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return faults::allocate_or_throw(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return faults::allocate_or_throw(size, static_cast<std::size_t>(alignment));
}
void* operator new(std::size_t size, std::nothrow_t const&) noexcept { return faults::allocate(size, 1); }
void* operator new[](std::size_t size, std::nothrow_t const&) noexcept { return faults::allocate(size, 1); }
void* operator new(std::size_t size, std::align_val_t alignment, std::nothrow_t const&) noexcept {
  return faults::allocate(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment, std::nothrow_t const&) noexcept {
  return faults::allocate(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::nothrow_t const&) noexcept { std::free(memory); }
void operator delete[](void* memory, std::nothrow_t const&) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t, std::nothrow_t const&) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t, std::nothrow_t const&) noexcept { std::free(memory); }
