#pragma once
// SPDX-License-Identifier: MIT
// The depot: whole chains of free nodes on their way from threads that free to threads that allocate.
// Kernel. Nobody waits here: who finds it in use does without. Invariant: a chain is in the depot, or with one thread.
// Source: the depot of J. Bonwick and J. Adams (USENIX 2001).

#include <atomic>
#include <cstdint>

#include <beat/base/cache_line.hpp>

namespace beat::inline v0::detail {

/// Up to `capacity` chains of nodes, which the depot does not look into.
template <class Node, std::uint32_t capacity, class Atomics>
class node_depot {
  template <class T>
  using atomic = typename Atomics::template atomic<T>;
  template <class T>
  using var = typename Atomics::template var<T>;

 public:
  /// A chain, or null.
  Node* take() noexcept {
    if (!try_lock()) return nullptr;
    std::uint32_t const count = count_.get();
    Node* const chain = count == 0 ? nullptr : chains_[count - 1].get();
    if (count != 0) count_.set(count - 1);
    unlock();
    return chain;
  }

  /// False where there is no room, or the depot is in use; then the chain is still the caller's.
  [[nodiscard("a refused chain is the caller's")]] bool give(Node* chain) noexcept {
    if (!try_lock()) return false;
    std::uint32_t const count = count_.get();
    bool const fits = count < capacity;
    if (fits) {
      chains_[count].set(chain);
      count_.set(count + 1);
    }
    unlock();
    return fits;
  }

 private:
  bool try_lock() noexcept {
    // acquire: the chains and the nodes in them; pairs with unlock()
    return !locked_.load(std::memory_order_relaxed) && !locked_.exchange(true, std::memory_order_acquire);
  }
  void unlock() noexcept { locked_.store(false, std::memory_order_release); }  // release: pairs with try_lock()

  alignas(cache_line) atomic<bool> locked_{false};
  var<std::uint32_t> count_{};   // under the lock
  var<Node*> chains_[capacity];  // under the lock
};

}  // namespace beat::inline v0::detail
