#pragma once
// SPDX-License-Identifier: MIT
// Magazines: free blocks that one thread keeps for itself, so that it allocates and frees without a lock.
// A thread finds its magazine of a store by the store's key: an index into the thread's table of seats, and a
// generation that no other store with this index had. A thread that ends gives its magazines back to the stores that
// still live, under the directory's lock, which a store's end takes as well; a store that ends deletes its magazines,
// and seats that still name them are known by their key. Indices are used again, so a table is as long as there were
// stores at a time. A program and a library that it loads may each have a directory and tables of their own, with the
// same keys: a store knows those of who made it, and others do without magazines.

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

#include <beat/base/config.hpp>
#include <beat/base/platform.hpp>

namespace beat::inline v0::detail {

/// Free blocks of one store that one thread keeps.
struct magazine {
  static constexpr std::uint32_t most = 128;

  // Written by the thread whose magazine it is; read by who asks for the usage, in any thread.
  std::atomic<std::uint32_t> count{0};
  magazine* next = nullptr;  // of the same store; under the store's lock
  void* blocks[most];        // used by the thread whose magazine it is
};

/// A store, as the end of a thread sees it.
class magazine_owner {
 public:
  /// Takes back the magazine of the calling thread, and what is in it.
  virtual void take_back(magazine* m) noexcept = 0;

 protected:
  magazine_owner() = default;
  magazine_owner(magazine_owner const&) = default;
  magazine_owner& operator=(magazine_owner const&) = default;
  ~magazine_owner() = default;
};

/// An index in the low bits, a generation above; never 0.
using store_key = std::uint64_t;
inline constexpr unsigned store_index_bits = 24;
constexpr std::size_t index_of(store_key key) noexcept { return key & ((store_key{1} << store_index_bits) - 1); }

/// Which stores live.
class store_directory {
 public:
  /// Its lock is free in the child of a fork, whatever other threads did with their stores.
  static store_directory& here() {
    static bool const is_free_in_child =
        platform::around_forks([] { only().lock_.lock(); }, [] { only().lock_.unlock(); });
    static_cast<void>(is_free_in_child);
    return only();
  }

  /// Throws: std::bad_alloc, also where 2^24 stores live.
  [[nodiscard]] store_key enter(magazine_owner& owner) {
    std::lock_guard const guard{lock_};
    if (vacant_.empty()) {
      if (entries_.size() >> store_index_bits != 0) throw std::bad_alloc{};
      vacant_.reserve(entries_.size() + 1);  // for leave(), which can't fail
      entries_.emplace_back();
      vacant_.push_back(entries_.size() - 1);
    }
    std::size_t const index = vacant_.back();
    vacant_.pop_back();
    entry& e = entries_[index];
    e.owner = &owner;
    e.key = ((e.key >> store_index_bits) + 1) << store_index_bits | index;
    return e.key;
  }

  /// After this no thread that ends comes to the store.
  void leave(store_key key) noexcept {
    std::lock_guard const guard{lock_};
    entries_[index_of(key)].owner = nullptr;
    vacant_.push_back(index_of(key));
  }

  /// Gives the magazine to its store, or does nothing where that is gone, and the magazine with it.
  void give_back(store_key key, magazine* m) noexcept {
    std::lock_guard const guard{lock_};
    entry const& e = entries_[index_of(key)];
    if (e.key == key && e.owner != nullptr) e.owner->take_back(m);
  }

 private:
  struct entry {
    magazine_owner* owner = nullptr;
    store_key key = 0;  // the last one given
  };

  // Never destroyed, as stores with static storage may end later: what a library that is unloaded leaves behind.
  static store_directory& only() {
    static store_directory& directory = *new store_directory;
    return directory;
  }

  std::mutex lock_;  // taken before the lock of a store
  std::vector<entry> entries_;
  std::vector<std::size_t> vacant_;
};

/// The magazines of the calling thread.
class thread_magazines {
 public:
  /// Tells apart the tables of a program and of the libraries that it loads.
  static void const* identity() noexcept { return &nobody_; }

  /// Null where the thread has none of this store.
  BEAT_FORCE_INLINE static magazine* find(store_key key) noexcept {
    seat const& s = mine_.seats[key & mine_.mask];
    return s.key == key ? s.its : nullptr;
  }

  /// False where there is no memory, and once the thread ends: destructors of its other thread_local objects may still
  /// come here.
  [[nodiscard]] static bool set(store_key key, magazine* m) noexcept {
    if (mine_.now == stage::closed) return false;
    static thread_local closer const at_the_end_of_the_thread;
    static_cast<void>(&at_the_end_of_the_thread);
    std::size_t const index = index_of(key);
    if (index >= size() && !grow(index + 1)) return false;
    mine_.seats[index] = {key, m};
    return true;
  }

 private:
  struct seat {
    store_key key;
    magazine* its;
  };
  enum class stage : bool { open, closed };
  struct table {
    seat* seats;
    std::uint64_t mask;  // one less than there are seats
    stage now;
  };

  // Gives everything back when the thread ends. It is apart from the table, which is reached without its guard.
  struct closer {
    ~closer() { close(); }
  };

  static std::size_t size() noexcept { return mine_.seats == &nobody_ ? 0 : mine_.mask + 1; }

  static bool grow(std::size_t least) noexcept {
    std::size_t const before = size();
    std::size_t const after = std::bit_ceil(least < 8 ? 8 : least);
    auto* const seats = new (std::nothrow) seat[after]{};
    if (seats == nullptr) return false;
    for (std::size_t i = 0; i < before; ++i) seats[i] = mine_.seats[i];
    if (before != 0) delete[] mine_.seats;
    mine_ = {seats, after - 1, stage::open};
    return true;
  }

  static void close() noexcept {
    std::size_t const count = size();
    table const last = std::exchange(mine_, {&nobody_, 0, stage::closed});
    for (std::size_t i = 0; i < count; ++i)
      if (last.seats[i].key != 0) store_directory::here().give_back(last.seats[i].key, last.seats[i].its);
    if (count != 0) delete[] last.seats;
  }

  static inline constinit seat nobody_{0, nullptr};  // what a thread without seats looks at; never written
  static inline constinit thread_local table mine_{&nobody_, 0, stage::open};
};

}  // namespace beat::inline v0::detail
