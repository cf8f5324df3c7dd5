#pragma once
// SPDX-License-Identifier: MIT
// The node cache: memory for small objects that one thread makes and another one destroys, again and again, as tasks
// are. Each thread keeps nodes that were freed in chains; whole chains go through a depot to the threads that run out.
// Source: the magazines and the depot of J. Bonwick and J. Adams (USENIX 2001).

#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

#include <beat/base/atomics.hpp>
#include <beat/base/config.hpp>
#include <beat/memory/node_depot.hpp>

namespace beat::inline v0::detail {

/// A node that nobody uses.
struct free_node {
  free_node* next;
};

/// Nodes of one kind that a thread keeps: a chain of `chain_length - room`, and perhaps a whole one.
struct node_magazine {
  free_node* nodes = nullptr;
  std::uint32_t room = 0;
  free_node* whole = nullptr;
};

/// Allocates for the calling thread. Under AddressSanitizer nothing is kept, so that it sees who uses a task after its
/// end.
class node_cache {
 public:
  /// The greatest size that is kept: beyond it memory comes from operator new at once.
  static constexpr std::size_t largest = 136;

  /// At least `size` bytes, aligned as operator new aligns. *Throws:* std::bad_alloc.
  BEAT_FORCE_INLINE static void* allocate(std::size_t size) {
    if (!keeps(size)) return ::operator new(size);
    node_magazine& m = mine_.of[kind_of(size)];
    if (m.nodes == nullptr) [[unlikely]]
      return allocate_more(kind_of(size));
    ++m.room;
    return std::exchange(m.nodes, m.nodes->next);
  }

  /// Takes back what `allocate(size)` returned, in any thread.
  BEAT_FORCE_INLINE static void deallocate(void* memory, std::size_t size) noexcept {
    if (!keeps(size)) return ::operator delete(memory);
    node_magazine& m = mine_.of[kind_of(size)];
    if (m.room == 0) [[unlikely]]
      return deallocate_more(memory, kind_of(size));
    put(m, memory);
  }

 private:
  static constexpr std::uint32_t chain_length = 64;

  // Sizes of 16 k + 8 bytes: so much fits into a block of glibc's malloc without waste.
  static constexpr std::size_t kind_of(std::size_t size) noexcept { return (size + 7) / 16; }
  static constexpr std::size_t size_of(std::size_t kind) noexcept { return 16 * kind + 8; }
  static constexpr std::size_t kinds = (largest + 7) / 16 + 1;

  static constexpr bool keeps(std::size_t size) noexcept { return size <= largest && !BEAT_HAS_ADDRESS_SANITIZER(); }

  enum class stage : std::uint8_t { fresh, open, closed };

  struct magazines {
    node_magazine of[kinds];
    stage now;  // fresh at first
  };

  // Gives everything back when the thread ends. It is apart from the magazines, which are reached without its guard.
  struct closer {
    ~closer() { close(); }
  };

  // Empties the depots at the end of the program, or of the library that has them and may be loaded again. They can be
  // used after that, too.
  struct emptier {
    ~emptier() {
      for (auto& depot : depots_) {
        while (free_node* const chain = depot.take()) destroy(chain);
      }
    }
  };

  static void put(node_magazine& m, void* memory) noexcept {
    --m.room;
    m.nodes = ::new (memory) free_node{m.nodes};
  }

  BEAT_NO_INLINE static void* allocate_more(std::size_t kind) {
    if (open()) {
      node_magazine& m = mine_.of[kind];
      free_node* chain = std::exchange(m.whole, nullptr);
      if (chain == nullptr) chain = depots_[kind].take();
      if (chain != nullptr) {
        m.nodes = chain->next;
        m.room = 1;
        return chain;
      }
    }
    return ::operator new(size_of(kind));
  }

  BEAT_NO_INLINE static void deallocate_more(void* memory, std::size_t kind) noexcept {
    if (!open()) return ::operator delete(memory);
    node_magazine& m = mine_.of[kind];
    if (m.room == 0) {
      if (m.whole != nullptr) give_back(m.whole, kind);
      m.whole = std::exchange(m.nodes, nullptr);
      m.room = chain_length;
    }
    put(m, memory);
  }

  /// False once the thread ends, where destructors of its other thread_local objects may still come here.
  static bool open() noexcept {
    if (mine_.now == stage::fresh) {
      static thread_local closer const at_the_end_of_the_thread;
      static_cast<void>(&at_the_end_of_the_thread);
      mine_.now = stage::open;
      for (node_magazine& m : mine_.of) m.room = chain_length;
    }
    return mine_.now == stage::open;
  }

  static void close() noexcept {
    mine_.now = stage::closed;
    for (std::size_t kind = 0; kind < kinds; ++kind) {
      node_magazine const m = std::exchange(mine_.of[kind], {});
      if (m.whole != nullptr) give_back(m.whole, kind);
      destroy(m.nodes);
    }
  }

  static void give_back(free_node* chain, std::size_t kind) noexcept {
    if (!depots_[kind].give(chain)) destroy(chain);
  }

  static void destroy(free_node* chain) noexcept {
    while (chain != nullptr) ::operator delete(std::exchange(chain, chain->next));
  }

  // 256 chains of 64 nodes of, mostly, 48 bytes: 0.75 MiB for each kind.
  static inline constinit node_depot<free_node, 256, std_atomics> depots_[kinds];
  static inline emptier const at_the_end_of_the_program{};
  static inline constinit thread_local magazines mine_{};
};

}  // namespace beat::inline v0::detail
