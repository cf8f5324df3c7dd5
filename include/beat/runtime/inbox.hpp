#pragma once
// SPDX-License-Identifier: MIT
// The inbox: where threads from outside leave tasks. Any thread pushes; whoever holds the lock drains, oldest first.
// Kernel. `Node` has a member `Node* next`. Invariant: a node is on `newest_`, on `oldest_`, or with one taker.

#include <atomic>
#include <cstddef>
#include <cstdint>

#include <beat/base/cache_line.hpp>

namespace beat::inline v0 {

template <class Node, class Atomics>
class inbox {
  template <class U>
  using atomic = typename Atomics::template atomic<U>;

 public:
  /// *Complexity:* O(1), lock-free.
  void push(Node* node) noexcept {
    Node* head = newest_.load(std::memory_order_relaxed);
    do {
      node->next = head;
      // seq_cst: the node, pairs with the exchange in take(); ordered before the caller's look at the sleepers
    } while (!newest_.compare_exchange_weak(head, node, std::memory_order_seq_cst, std::memory_order_relaxed));
  }

  /// Up to `limit` tasks, oldest first, handed to `sink(Node*)`. Returns how many: 0 also where somebody else is at it.
  template <class Sink>
  std::size_t take(std::size_t limit, Sink&& sink) {
    // acquire: oldest_; pairs with the unlock below
    if (empty() || locked_.exchange(1, std::memory_order_acquire) != 0) return 0;
    Node* batch = nullptr;
    Node* last = nullptr;
    std::size_t count = 0;
    Node* rest = oldest_.load(std::memory_order_relaxed);
    if (rest == nullptr)
      // acquire: push()'s nodes; release: whoever finds it empty sees what the taker did before, pairs with empty()
      rest = reversed(newest_.exchange(nullptr, std::memory_order_acq_rel));
    for (; rest != nullptr && count < limit; ++count) {
      if (batch == nullptr)
        batch = rest;
      else
        last->next = rest;
      last = rest;
      rest = rest->next;
    }
    // seq_cst: empty() may not miss what is left. Kept: who leaves something looks there itself before it looks for
    // sleepers, which would do.
    oldest_.store(rest, std::memory_order_seq_cst);
    locked_.store(0, std::memory_order_release);  // release: oldest_; pairs with the exchange above
    for (std::size_t i = 0; i < count; ++i) {
      Node* const next = batch->next;  // the sink may give the node away
      sink(batch);
      batch = next;
    }
    return count;
  }

  bool empty() const noexcept {
    // seq_cst: a sleeper's last look comes after its announcement; pairs with push() and the store in take()
    return newest_.load(std::memory_order_seq_cst) == nullptr && oldest_.load(std::memory_order_seq_cst) == nullptr;
  }

 private:
  static Node* reversed(Node* list) noexcept {
    Node* result = nullptr;
    while (list != nullptr) {
      Node* const next = list->next;
      list->next = result;
      result = list;
      list = next;
    }
    return result;
  }

  alignas(cache_line) atomic<Node*> newest_{nullptr};  // pushed by anyone; a stack
  alignas(cache_line) atomic<std::uint32_t> locked_{0};
  atomic<Node*> oldest_{nullptr};  // written under the lock; in order of arrival
};

}  // namespace beat::inline v0
