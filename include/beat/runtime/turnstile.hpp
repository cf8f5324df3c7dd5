#pragma once
// SPDX-License-Identifier: MIT
// The turnstile: lets items pass one at a time, in the order of their tickets. Nobody waits: an item that comes early
// stays behind, and whoever ends the turn before gets it.
// Kernel (proof: README.md, "Turnstile"). Invariant: there is one turn, and each item gets it once.

#include <atomic>
#include <cstdint>

#include <beat/base/cache_line.hpp>

namespace beat::inline v0 {

/// For at most `capacity` items that go round: who has a ticket `capacity` higher comes after the end of its turn.
template <class T, class Atomics>
class turnstile {
 public:
  // 0: nobody was here; `turn`: it is the turn of the ticket, whose item is to come; else the item, whose turn is to
  // come. The second one to come sets it back to 0.
  struct alignas(cache_line) cell {
    typename Atomics::template atomic<std::uintptr_t> word{0};
  };

  /// `cells` are `capacity` many, all 0. It is the turn of ticket 0.
  turnstile(cell* cells, std::uint64_t capacity) noexcept : cells_{cells}, capacity_{capacity} {
    if (capacity_ != 0) cells_[0].word.store(turn, std::memory_order_relaxed);
  }

  /// The next ticket, where items come in any order.
  std::uint64_t take_ticket() noexcept {
    // acq_rel: whoever had the cell before has set it back; pairs with itself. Kept: in models stores keep the order in
    // which they are executed, in C++ they need not.
    return tickets_.fetch_add(1, std::memory_order_acq_rel);
  }

  /// True where it is the turn of `ticket`. Otherwise `item` stays here, and may go on with another thread at once.
  [[nodiscard("an item whose turn it is not is gone")]] bool enter(std::uint64_t ticket, T* item) noexcept {
    cell& here = cell_of(ticket);
    // acq_rel: the item, and what was done in earlier turns; pairs with leave()
    if (here.word.exchange(reinterpret_cast<std::uintptr_t>(item), std::memory_order_acq_rel) != turn) return false;
    here.word.store(0, std::memory_order_relaxed);  // relaxed: whoever comes next comes after the end of this turn
    return true;
  }

  /// Ends the turn of `ticket`. The item whose turn it is now, if it is here: then the caller sees to it.
  [[nodiscard("somebody has to go on with the item")]] T* leave(std::uint64_t ticket) noexcept {
    cell& next = cell_of(ticket + 1);
    // acq_rel: what was done in this turn, and the item; pairs with enter()
    std::uintptr_t const item = next.word.exchange(turn, std::memory_order_acq_rel);
    if (item == 0) return nullptr;                  // the turnstile may be gone from here on
    next.word.store(0, std::memory_order_relaxed);  // relaxed: as in enter()
    return reinterpret_cast<T*>(item);
  }

 private:
  static constexpr std::uintptr_t turn = 1;

  cell& cell_of(std::uint64_t ticket) const noexcept { return cells_[ticket % capacity_]; }

  cell* const cells_;
  std::uint64_t const capacity_;
  alignas(cache_line) typename Atomics::template atomic<std::uint64_t> tickets_{0};  // taken by anyone
};

}  // namespace beat::inline v0
