#pragma once
// SPDX-License-Identifier: MIT
// The block store: blocks of one size, cut from slabs of an upstream resource, for any number of threads.
// A block is with a user, in the magazine of one thread, in the store's list, or not cut yet. Only a thread touches its
// magazine; it fetches and brings many blocks at a time, under the lock, which is not held while the upstream works.
// Whoever frees a block keeps it, and what is too much goes to the others through the list. So no step is lock-free.

#include <algorithm>
#include <atomic>
#include <beat/base/assert.hpp>
#include <beat/base/cache_line.hpp>
#include <beat/base/config.hpp>
#include <beat/memory/free_mark.hpp>
#include <beat/memory/magazine.hpp>
#include <beat/memory/round_up.hpp>
#include <beat/memory/usage.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory_resource>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

namespace beat::inline v0::detail {

class block_store final : private magazine_owner {
 public:
  /// Throws: std::bad_alloc.
  block_store(std::size_t size, std::size_t alignment, std::pmr::memory_resource* upstream)
      : size_{round_up(std::max(size, sizeof(free_mark)), alignment)},
        batch_{static_cast<std::uint32_t>(std::clamp<std::size_t>(batch_bytes / size_, 1, magazine::most / 2))},
        kept_{2 * batch_},
        alignment_{std::max(alignment, cache_line)},
        upstream_{upstream},
        key_{directory_.enter(*this)} {}

  block_store(block_store const&) = delete;
  block_store& operator=(block_store const&) = delete;

  /// Nobody uses the store any more; threads that did may live on, or end at the same time.
  ~block_store() {
    directory_.leave(key_);
    while (magazines_ != nullptr) delete std::exchange(magazines_, magazines_->next);
    for (slab const& s : slabs_) release(s);
  }

  [[nodiscard]] std::pmr::memory_resource* upstream() const noexcept { return upstream_; }

  /// Throws: what the upstream throws.
  [[nodiscard]] BEAT_FORCE_INLINE void* allocate() {
    magazine* const mine = find_magazine();
    if (mine == nullptr) [[unlikely]]
      return allocate_more();
    std::uint32_t const count = mine->count.load(std::memory_order_relaxed);
    if (count == 0) [[unlikely]]
      return allocate_more();
    mine->count.store(count - 1, std::memory_order_relaxed);
    return mark_as_used(mine->blocks[count - 1], size_);
  }

  /// Takes back what allocate() returned, in any thread.
  BEAT_FORCE_INLINE void deallocate(void* block) noexcept {
    BEAT_ASSERT(owns(block),
                "this pointer is foreign: no block of this pool begins there; free it where it comes from");
    BEAT_ASSERT(!is_marked_as_free(block, key_), "double free: this block is free already; free each block once");
    mark_as_free(block, size_, key_);
    magazine* const mine = find_magazine();
    if (mine == nullptr) [[unlikely]]
      return deallocate_more(block);
    std::uint32_t const count = mine->count.load(std::memory_order_relaxed);
    if (count == kept_) [[unlikely]]
      return deallocate_more(block);
    mine->blocks[count] = block;
    mine->count.store(count + 1, std::memory_order_relaxed);
  }

  /// Gives slabs without a block in use back to the upstream, but not where other threads keep a block of them.
  /// Returns how many bytes that were. Throws: std::bad_alloc, before anything is given back.
  /// Complexity: n log n for n free blocks.
  std::size_t trim() {
    std::vector<slab> unused;
    {
      std::lock_guard const guard{lock_};
      unused.reserve(slabs_.size());
      if (magazine* const mine = find_magazine()) put(*mine, mine->count.load(std::memory_order_relaxed));
      cut_rest();
      std::sort(free_.begin(), free_.end(), std::greater<>{});  // the lowest is given out first
      auto const is_unused = [this](slab const& s) { return count_free(s) == s.bytes / size_; };
      for (slab const& s : slabs_)
        if (is_unused(s)) unused.push_back(s);
      std::erase_if(slabs_, is_unused);
      std::erase_if(free_, [&](void const* block) { return find(unused, block) != nullptr; });
      for (slab const& s : unused) reserved_ -= s.bytes;
    }
    std::size_t bytes = 0;
    for (slab const& s : unused) {
      bytes += s.bytes;
      release(s);
    }
    return bytes;
  }

  [[nodiscard]] memory_usage usage() const noexcept {
    std::lock_guard const guard{lock_};
    std::size_t kept = free_.size() + (uncut_.bytes / size_);
    for (magazine const* m = magazines_; m != nullptr; m = m->next) kept += m->count.load(std::memory_order_relaxed);
    std::size_t const all = reserved_ / size_;
    std::size_t const used = all - std::min(all, kept);  // a block that changes hands meanwhile may be counted twice
    return {used, used * size_, reserved_};
  }

 private:
  static constexpr std::size_t batch_bytes = 8192;
  static constexpr std::size_t least_slab = 4096;
  static constexpr std::size_t greatest_slab = std::size_t{256} * 1024;  // unless a block is greater

  struct slab {
    std::byte* begin = nullptr;
    std::size_t bytes = 0;  // a multiple of size_
  };

  // The upstream may free blocks of this store while it works, so that the magazine may not be empty afterwards.
  BEAT_NO_INLINE void* allocate_more() {
    magazine* const mine = find_or_make_magazine();
    std::unique_lock guard{lock_};
    if (free_.empty() && uncut_.bytes == 0) add_slab(guard);
    if (mine == nullptr) {
      void* block = nullptr;
      take(&block, 1);
      return mark_as_used(block, size_);
    }
    std::uint32_t count = mine->count.load(std::memory_order_relaxed);
    if (count == 0) count = take(mine->blocks, batch_);
    mine->count.store(count - 1, std::memory_order_relaxed);
    return mark_as_used(mine->blocks[count - 1], size_);
  }

  BEAT_NO_INLINE void deallocate_more(void* block) noexcept {
    magazine* const mine = find_or_make_magazine();
    std::lock_guard const guard{lock_};
    if (mine == nullptr) {
      free_.push_back(block);
      return;
    }
    std::uint32_t count = mine->count.load(std::memory_order_relaxed);
    if (count == kept_) {
      put(*mine, batch_);
      count -= batch_;
    }
    mine->blocks[count] = block;
    mine->count.store(count + 1, std::memory_order_relaxed);
  }

  [[nodiscard]] bool is_made_here() const noexcept { return tables_ == thread_magazines::identity(); }

  [[nodiscard]] BEAT_FORCE_INLINE magazine* find_magazine() const noexcept {
    return is_made_here() ? thread_magazines::find(key_) : nullptr;
  }

  // Null where there is no memory for one, the thread ends, or a library uses a store of another.
  magazine* find_or_make_magazine() noexcept {
    if (magazine* const mine = find_magazine()) return mine;
    if (!is_made_here()) return nullptr;
    auto* const made = new (std::nothrow) magazine;
    if (made == nullptr || !thread_magazines::set(key_, made)) {
      delete made;
      return nullptr;
    }
    std::lock_guard const guard{lock_};
    made->next = magazines_;
    magazines_ = made;
    return made;
  }

  void take_back(magazine* m) noexcept override {
    std::lock_guard const guard{lock_};
    put(*m, m->count.load(std::memory_order_relaxed));
    magazine** link = &magazines_;
    while (*link != m) link = &(*link)->next;
    *link = m->next;
    delete m;
  }

  // Moves the `count` oldest blocks of a magazine to the list, whose capacity is for all blocks. Under the lock.
  void put(magazine& m, std::uint32_t count) noexcept {
    std::uint32_t const all = m.count.load(std::memory_order_relaxed);
    free_.insert(free_.end(), m.blocks, m.blocks + count);
    std::copy(m.blocks + count, m.blocks + all, m.blocks);
    m.count.store(all - count, std::memory_order_relaxed);
  }

  // Fetches from 1 to `most` blocks, as there is one in the list or not cut yet. Under the lock.
  std::uint32_t take(void** into, std::uint32_t most) noexcept {
    if (free_.empty()) return cut(into, most);
    auto const count = static_cast<std::uint32_t>(std::min<std::size_t>(most, free_.size()));
    std::copy(free_.end() - count, free_.end(), into);
    free_.erase(free_.end() - count, free_.end());
    return count;
  }

  // The last one lies lowest, as it is given out first.
  std::uint32_t cut(void** into, std::size_t most) noexcept {
    std::size_t const count = std::min(most, uncut_.bytes / size_);
    for (std::size_t i = count; i-- != 0; uncut_ = {uncut_.begin + size_, uncut_.bytes - size_}) {
      mark_as_free(uncut_.begin, size_, key_);
      into[i] = uncut_.begin;
    }
    return static_cast<std::uint32_t>(count);
  }

  void cut_rest() noexcept {
    for (void* block = nullptr; cut(&block, 1) != 0;) free_.push_back(block);
  }

  // Other threads may do the same meanwhile, or free what we look for; then there is one slab more than needed.
  void add_slab(std::unique_lock<std::mutex>& guard) {
    std::size_t const bytes = std::clamp(reserved_, least_slab, greatest_slab);
    slab fresh{nullptr, std::max<std::size_t>(bytes / size_, 1) * size_};
    guard.unlock();
    fresh.begin = static_cast<std::byte*>(upstream_->allocate(fresh.bytes, alignment_));
    guard.lock();
    try {
      std::size_t const blocks = (reserved_ + fresh.bytes) / size_;
      if (free_.capacity() < blocks) free_.reserve(std::max(blocks, 2 * free_.capacity()));
      slabs_.insert(std::lower_bound(slabs_.begin(), slabs_.end(), fresh, lies_below), fresh);
    } catch (...) {
      guard.unlock();
      release(fresh);
      throw;
    }
    cut_rest();
    reserved_ += fresh.bytes;
    uncut_ = fresh;
  }

  void release(slab const& s) noexcept {
    unpoison(s.begin, s.bytes);
    upstream_->deallocate(s.begin, s.bytes, alignment_);
  }

  static bool lies_below(slab const& a, slab const& b) noexcept { return std::less<>{}(a.begin, b.begin); }

  static bool is_in(slab const& s, std::byte const* place) noexcept {
    return !std::less<>{}(place, s.begin) && std::less<>{}(place, s.begin + s.bytes);
  }

  // The one of these slabs, which are sorted, in which the place lies, or null.
  static slab const* find(std::vector<slab> const& slabs, void const* where) noexcept {
    auto const* const place = static_cast<std::byte const*>(where);
    auto const above = std::upper_bound(slabs.begin(), slabs.end(), place,
                                        [](std::byte const* p, slab const& s) { return std::less<>{}(p, s.begin); });
    return above != slabs.begin() && is_in(above[-1], place) ? &above[-1] : nullptr;
  }

  // In the list, when it is sorted from the highest to the lowest address.
  [[nodiscard]] std::vector<void*>::iterator first_below(void* place) noexcept {
    return std::lower_bound(free_.begin(), free_.end(), place, std::greater_equal<>{});
  }
  [[nodiscard]] std::size_t count_free(slab const& s) noexcept {
    return static_cast<std::size_t>(first_below(s.begin) - first_below(s.begin + s.bytes));
  }

  // Whether a block begins there that was cut.
  [[nodiscard]] bool owns(void const* block) const noexcept {
    std::lock_guard const guard{lock_};
    slab const* const its = find(slabs_, block);
    auto const* const place = static_cast<std::byte const*>(block);
    return its != nullptr && static_cast<std::size_t>(place - its->begin) % size_ == 0 && !is_in(uncut_, place);
  }

  std::size_t const size_;       // of a block
  std::uint32_t const batch_;    // how many blocks go to and from a magazine at a time
  std::uint32_t const kept_;     // how many a magazine holds at most
  std::size_t const alignment_;  // of a slab
  std::pmr::memory_resource* const upstream_;
  store_directory& directory_ = store_directory::here();
  void const* const tables_ = thread_magazines::identity();  // whose magazines are those of this store
  store_key const key_;

  alignas(cache_line) std::mutex mutable lock_;  // of all that follows
  std::vector<void*> free_;
  slab uncut_;                // what is left of the newest slab
  std::vector<slab> slabs_;   // by address
  std::size_t reserved_ = 0;  // bytes in them
  magazine* magazines_ = nullptr;
};

}  // namespace beat::inline v0::detail
