#pragma once
// SPDX-License-Identifier: MIT
// The growable Chase-Lev deque for heap tasks: the owner pushes and takes at the bottom, thieves steal at the top.
// Source: Chase and Lev, SPAA 2005; Le et al., PPoPP 2013, with their fences folded into seq_cst operations.
// Kernel. Invariant: a ring that a thief may still hold stays alive until the deque dies.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>

#include <beat/base/cache_line.hpp>
#include <beat/base/config.hpp>
#include <beat/runtime/steal_status.hpp>

namespace beat::inline v0 {

/// A deque of pointers to `T`.
template <class T, class Atomics>
class deque {
  template <class U>
  using atomic = typename Atomics::template atomic<U>;

  struct ring {
    ring* retired;      // the smaller ring that this one replaced
    std::int64_t mask;  // capacity - 1
    atomic<T*>* slots() noexcept { return reinterpret_cast<atomic<T*>*>(this + 1); }
    atomic<T*>& at(std::int64_t index) noexcept { return slots()[index & mask]; }
  };

 public:
  /// `capacity` is a power of two. *Throws:* std::bad_alloc.
  explicit deque(std::int64_t capacity) : ring_{make_ring(capacity, nullptr)} {}

  deque(deque const&) = delete;
  deque& operator=(deque const&) = delete;

  ~deque() {
    for (ring* r = ring_.load(std::memory_order_relaxed); r != nullptr;) {
      ring* const next = r->retired;
      ::operator delete(r);
      r = next;
    }
  }

  /// The owner's handle: exactly one thread at a time may use it.
  class owner {
   public:
    explicit owner(deque& d) noexcept : deque_{&d} {}

    /// *Throws:* std::bad_alloc where the ring has to grow; nothing has changed then. *Complexity:* amortised O(1).
    void push(T* item) const {
      deque& d = *deque_;
      std::int64_t const bottom = d.bottom_.load(std::memory_order_relaxed);
      // acquire: a thief read the slot before its CAS. Kept: models let nobody read what is written later, but C++
      // does.
      std::int64_t const top = d.top_.load(std::memory_order_acquire);
      ring* r = d.ring_.load(std::memory_order_relaxed);
      if (bottom - top > r->mask) [[unlikely]]
        r = d.grow(r, top, bottom);
      r->at(bottom).store(item, std::memory_order_relaxed);
      // seq_cst: the item, pairs with the loads in steal(); ordered before the caller's look at the sleepers
      d.bottom_.store(bottom + 1, std::memory_order_seq_cst);
    }

    /// The youngest item, or null.
    T* take() const noexcept {
      deque& d = *deque_;
      std::int64_t const bottom = d.bottom_.load(std::memory_order_relaxed) - 1;
      ring* const r = d.ring_.load(std::memory_order_relaxed);
      d.bottom_.store(bottom, std::memory_order_seq_cst);         // seq_cst: before the load of top; steal()
      std::int64_t top = d.top_.load(std::memory_order_seq_cst);  // seq_cst: after the store of bottom; steal()
      if (top > bottom) {
        d.bottom_.store(bottom + 1, std::memory_order_relaxed);  // relaxed: no item is below it that is not taken
        return nullptr;
      }
      T* item = r->at(bottom).load(std::memory_order_relaxed);
      if (top == bottom) {  // the last one: whoever raises top has it
        // release: whoever finds it empty by this sees what the caller did before; pairs with empty()
        if (!d.top_.compare_exchange_strong(top, top + 1, std::memory_order_release, std::memory_order_relaxed))
          item = nullptr;
        // release: the item, for a thief who took it though it loaded bottom from here. Kept: models let nobody read
        // what is written later, but C++ does.
        d.bottom_.store(bottom + 1, std::memory_order_release);
      }
      return item;
    }

   private:
    deque* deque_;
  };

  /// The thieves' handle.
  class thief {
   public:
    explicit thief(deque& d) noexcept : deque_{&d} {}

    /// The oldest item. `lost` means that somebody else was quicker: try again or elsewhere.
    steal_result<T> steal() const noexcept {
      deque& d = *deque_;
      // seq_cst: before the load of bottom, and after take()'s load of top where that one saw less; pairs with take()
      std::int64_t top = d.top_.load(std::memory_order_seq_cst);
      std::int64_t const bottom = d.bottom_.load(std::memory_order_seq_cst);  // seq_cst: after top; pairs with take()
      if (top >= bottom) return {steal_status::empty, nullptr};
      ring* const r = d.ring_.load(std::memory_order_acquire);     // acquire: its slots; pairs with grow()
      T* const item = r->at(top).load(std::memory_order_relaxed);  // before the CAS: later it may be overwritten
      // release: the slot was read, pairs with push(); and what the thief did before, pairs with empty()
      if (!d.top_.compare_exchange_strong(top, top + 1, std::memory_order_release, std::memory_order_relaxed))
        return {steal_status::lost, nullptr};
      return {steal_status::stolen, item};
    }

    bool empty() const noexcept {
      // acquire: what whoever emptied it did before; pairs with take() and steal()
      std::int64_t const top = deque_->top_.load(std::memory_order_acquire);
      // seq_cst: a sleeper's last look comes after its announcement; pairs with push()
      return top >= deque_->bottom_.load(std::memory_order_seq_cst);
    }

   private:
    deque* deque_;
  };

  /// About how many are queued, for whoever looks on.
  std::int64_t size() const noexcept {
    std::int64_t const top = top_.load(std::memory_order_relaxed);
    return bottom_.load(std::memory_order_relaxed) - top;
  }

  owner for_owner() noexcept { return owner{*this}; }
  thief for_thieves() noexcept { return thief{*this}; }

 private:
  static ring* make_ring(std::int64_t capacity, ring* retired) {
    auto const count = static_cast<std::size_t>(capacity);
    void* const memory = ::operator new(sizeof(ring) + count * sizeof(atomic<T*>));
    ring* const r = ::new (memory) ring{retired, capacity - 1};
    for (std::size_t i = 0; i < count; ++i) ::new (static_cast<void*>(r->slots() + i)) atomic<T*>(nullptr);
    return r;
  }

  BEAT_NO_INLINE ring* grow(ring* old, std::int64_t top, std::int64_t bottom) {
    ring* const bigger = make_ring((old->mask + 1) * 2, old);
    for (std::int64_t i = top; i < bottom; ++i)
      bigger->at(i).store(old->at(i).load(std::memory_order_relaxed), std::memory_order_relaxed);
    ring_.store(bigger, std::memory_order_release);  // release: the copied slots; pairs with the load in steal()
    return bigger;
  }

  alignas(cache_line) atomic<std::int64_t> top_{0};     // raised by thieves, and by the owner for the last item
  alignas(cache_line) atomic<std::int64_t> bottom_{0};  // written by the owner only
  atomic<ring*> ring_;                                  // written by the owner only
};

}  // namespace beat::inline v0
