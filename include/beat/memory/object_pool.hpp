#pragma once
// SPDX-License-Identifier: MIT
// A pool for objects of one type that are made and destroyed often, by any thread: each keeps some free ones for
// itself.

#include <beat/memory/block_store.hpp>
#include <beat/memory/usage.hpp>
#include <cstddef>
#include <memory>
#include <memory_resource>
#include <type_traits>
#include <utility>

namespace beat::inline v0 {

template <class T>
class object_pool;

/// Gives an object back to its pool.
template <class T>
struct pool_deleter {
  object_pool<T>* pool = nullptr;

  void operator()(T* object) const noexcept {
    std::destroy_at(object);
    pool->deallocate(object);
  }
};

/// An object of a pool, which it must not outlive.
template <class T>
using pooled_ptr = std::unique_ptr<T, pool_deleter<T>>;

/// Objects of one type, in memory from an upstream.
/// A thread keeps at most 128 free objects, and 16 KiB, of each pool; when it ends, others get them. Memory that was
/// not freed goes with the pool, without a destructor's being called. Where assertions are active, a pointer that is
/// freed twice, or is not of this pool, ends the program with a message.
/// Thread safety: all members may be called at the same time, as may those of the upstream have to be. The pool may end
/// before threads that used it, or after them, as long as no thread uses it any more. The child of a fork() may use it
/// only if no other thread did at that moment.
template <class T>
class object_pool {
  static_assert(std::is_object_v<T> && !std::is_array_v<T> && !std::is_const_v<T>,
                "object_pool<T> needs an object type that is neither an array nor const");

 public:
  /// The upstream has to outlive the pool. Throws: std::bad_alloc.
  explicit object_pool(std::pmr::memory_resource* upstream = std::pmr::get_default_resource())
      : store_{sizeof(T), alignof(T), upstream} {}

  /// Makes an object. Throws: what the upstream, or the constructor, throws.
  template <class... Args>
    requires std::is_constructible_v<T, Args...>
  [[nodiscard("the object is destroyed at once")]] pooled_ptr<T> make(Args&&... args) {
    T* const place = allocate();
    try {
      return {::new (static_cast<void*>(place)) T(std::forward<Args>(args)...), pool_deleter<T>{this}};
    } catch (...) {
      deallocate(place);
      throw;
    }
  }

  /// Memory for one object. Throws: what the upstream throws.
  [[nodiscard("the memory is lost")]] T* allocate() { return static_cast<T*>(store_.allocate()); }

  /// Takes back what allocate() returned, in any thread; the object in it was destroyed.
  void deallocate(T* memory) noexcept { store_.deallocate(memory); }

  /// Gives memory back to the upstream where no object lies, and of which no other thread keeps a free one. Returns how
  /// many bytes that were. Throws: std::bad_alloc, before anything is given back. Complexity: n log n for n free
  /// objects.
  std::size_t trim() { return store_.trim(); }

  [[nodiscard]] memory_usage usage() const noexcept { return store_.usage(); }
  [[nodiscard]] std::pmr::memory_resource* upstream() const noexcept { return store_.upstream(); }

 private:
  detail::block_store store_;
};

}  // namespace beat::inline v0
