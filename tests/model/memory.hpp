#pragma once
// SPDX-License-Identifier: MIT
// C++20's memory as the explorer sees it: for each location the history of its stores, for each thread a view of which
// of them it has to know, and the order of the seq_cst operations. How and why: README.md.

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace model {

/// Ends the execution with a violation.
[[noreturn]] void fail(std::string const& what);

using order = std::memory_order;

inline constexpr unsigned max_threads = 6;  // with the one that starts the others
inline constexpr unsigned max_locations = 98;
inline constexpr unsigned max_sequential = 192;  // seq_cst operations in one execution

constexpr bool acquires(order o) { return o == order::acquire || o == order::acq_rel || o == order::seq_cst; }
constexpr bool releases(order o) { return o == order::release || o == order::acq_rel || o == order::seq_cst; }

/// How many stores to each location, and how many steps of each thread, come before what a thread does next.
class view {
 public:
  std::uint16_t& stores(unsigned location) { return known_[location]; }
  std::uint16_t& steps(unsigned thread) { return known_[max_locations + thread]; }
  std::uint16_t steps(unsigned thread) const { return known_[max_locations + thread]; }
  void join(view const& other) { join_first(known_.size(), other); }
  void join_stores(view const& other) { join_first(max_locations, other); }

 private:
  void join_first(std::size_t count, view const& other) {
    for (std::size_t i = 0; i < count; ++i) known_[i] = std::max(known_[i], other.known_[i]);
  }

  std::array<std::uint16_t, max_locations + max_threads> known_{};
};

/// Mixes `value` into `hash`.
inline void mix(std::uint64_t& hash, std::uint64_t value) {
  hash = (hash ^ value) * 0x9e37'79b9'7f4a'7c15;
  hash ^= hash >> 32;
}
inline void mix(std::uint64_t& hash, view const& v) {
  static_assert(sizeof(view) % sizeof(std::uint64_t) == 0);
  for (std::uint64_t const word : std::bit_cast<std::array<std::uint64_t, sizeof(view) / sizeof(std::uint64_t)>>(v))
    mix(hash, word);
}

using events = std::bitset<max_sequential>;  // of the seq_cst operations, by their number

struct message {
  std::uint64_t value;
  view released;  // what whoever acquires it learns
  events heads;   // the seq_cst stores whose release sequences it belongs to
};

struct location {
  void const* address;
  unsigned index;
  bool alive;
  unsigned count;                // of stores, numbered from 1, the construction
  std::vector<message> history;  // the stores; longer than `count` only to keep its memory
  unsigned writer;               // who wrote last, and at which of its steps
  std::uint16_t written;
  std::array<std::uint16_t, max_threads> used;  // the step of each thread at which it used the location last

  message& last() { return history[count - 1]; }
};

/// A seq_cst operation. There has to be one order of all of them that agrees with "strongly happens before" and, on
/// each location, with what they read and wrote; `before` holds those that this one follows in every such order.
struct sequential {
  unsigned thread;
  std::uint16_t step;
  unsigned location, place;  // 2 n for the store number n, 2 n + 1 for a load of it
  events before;
};

/// What one thread knows.
struct knowledge {
  view known;
  view floor;              // stores that are older than these it does not read any more
  view fenced;             // what it knew at its last light fence
  view begun;              // what it knew when the step began
  std::uint64_t past = 0;  // a hash of all that it has read: as it is deterministic, this says where it is

  void add_to(std::uint64_t& hash) const {
    mix(hash, past);
    mix(hash, known);
    mix(hash, floor);
    mix(hash, fenced);
  }
};

class memory {
 public:
  void reset() {
    threads_ = {};
    count_ = 0;
    stores_ = hash_ = 0;
    heavy_ = {};
    sequential_.clear();
  }

  /// Whose operations follow.
  void set_thread(unsigned thread) { thread_ = thread; }
  knowledge& of(unsigned thread) { return threads_[thread]; }
  knowledge& mine() { return threads_[thread_]; }

  std::uint64_t stores() const { return stores_; }
  void begin_step() {
    mine().begun = mine().known;
    ++mine().known.steps(thread_);
  }

  /// A hash of everything but what the threads know.
  std::uint64_t hash() const {
    std::uint64_t hash = hash_;
    mix(hash, heavy_);
    return hash;
  }

  void create(void const* address, std::uint64_t value) {
    if (count_ == max_locations) fail("too many locations: raise max_locations");
    location& l = locations_[count_];
    l.address = address;
    l.index = count_++;
    l.alive = true;
    l.count = 0;
    l.used = {};
    begin_step();
    l.used[thread_] = mine().known.steps(thread_);
    write(l, value, order::relaxed, {});
  }

  void destroy(location& l) {
    use_plain(l, true);
    l.alive = false;
  }
  void destroy_all_in(void const* begin, std::size_t size) {
    for (unsigned i = 0; i < count_; ++i) {
      auto const offset =
          reinterpret_cast<std::uintptr_t>(locations_[i].address) - reinterpret_cast<std::uintptr_t>(begin);
      if (locations_[i].alive && offset < size) destroy(locations_[i]);
    }
  }

  location& find(void const* address) {
    for (unsigned i = count_; i-- > 0;) {
      location& l = locations_[i];
      if (l.address != address) continue;
      if (!l.alive) fail("location " + std::to_string(i) + " is used after its end");
      if (mine().known.stores(i) == 0)
        fail("location " + std::to_string(i) + " is used before its construction is visible");
      l.used[thread_] = mine().known.steps(thread_);
      return l;
    }
    fail("something is used that was never constructed");
  }

  /// An access that is not atomic. The last write, and for a write every use, has to come before it.
  void use_plain(location& l, bool writes) {
    for (unsigned t = 0; t < max_threads; ++t) {
      if (t == thread_) continue;
      bool const wrote = t == l.writer && l.written > mine().known.steps(t);
      bool const used = l.used[t] > mine().known.steps(t);
      if (wrote || (writes && used))
        fail("data race: threads " + std::to_string(t) + " and " + std::to_string(thread_) + " at location " +
             std::to_string(l.index));
    }
    begin_step();
    l.used[thread_] = mine().known.steps(thread_);
    if (writes) l.writer = thread_, l.written = l.used[thread_];
  }

  /// Which stores a load may read, the last one first. A compare-exchange that expects a value finds it only in the
  /// last one, as every read-modify-write does; it may fail with an older one.
  struct readable {
    std::array<unsigned, 64> numbers;
    unsigned count;
  };
  readable readable_by(location& l, order o, std::uint64_t const* expected) {
    readable result{{l.count}, 1};
    unsigned const oldest = std::max(mine().known.stores(l.index), mine().floor.stores(l.index));
    for (unsigned i = l.count - 1; i >= oldest; --i) {
      if (result.count == result.numbers.size()) fail("too many stores that can be read: make the test smaller");
      if (expected != nullptr && l.history[i - 1].value == *expected) continue;
      if (o != order::seq_cst || may_be_sequential(l, i)) result.numbers[result.count++] = i;
    }
    return result;
  }

  std::uint64_t read(location& l, unsigned number, order o) {
    std::uint16_t& known = mine().known.stores(l.index);
    known = std::max(known, static_cast<std::uint16_t>(number));
    message const& m = l.history[number - 1];
    if (acquires(o)) mine().known.join(m.released);
    if (o == order::seq_cst) add_sequential(l, 2 * number + 1, m.heads);
    // What the order of seq_cst operations has to agree with depends on the very store.
    if (acquires(o) && !sequential_.empty()) mix(mine().past, number);
    mix(mine().past, m.value);
    return m.value;
  }

  /// `sequence`: what the release sequence holds that a read-modify-write continues.
  void write(location& l, std::uint64_t value, order o, message const& sequence) {
    if (l.count == l.history.size()) l.history.emplace_back();
    unsigned const number = ++l.count;
    message& m = l.last();
    m = sequence;
    m.value = value;
    mine().known.stores(l.index) = static_cast<std::uint16_t>(number);
    if (releases(o)) m.released.join(mine().known);
    if (o == order::seq_cst) {
      add_sequential(l, 2 * number, sequence.heads);
      m.heads.set(sequential_.size() - 1);
    }
    l.writer = thread_;
    l.written = mine().known.steps(thread_);
    ++stores_;
    std::uint64_t hash = l.index * 65536 + number;
    mix(hash, value);
    mix(hash, m.released);
    hash_ ^= hash;
  }

  void write_modified(location& l, std::uint64_t value, order o) {
    message const sequence = l.last();
    write(l, value, o, sequence);
  }

  /// Of two fences that order a store and a load in two threads one is heavy. They make nothing happen before.
  void light_fence() {
    mine().known.join_stores(heavy_);
    mine().fenced = mine().known;
  }
  void heavy_fence() {
    for (knowledge const& k : threads_) mine().known.join_stores(k.fenced);
    mine().known.join_stores(heavy_);
    heavy_ = mine().known;
  }

  /// What was stored until now becomes visible to this thread, though nothing else that comes before it.
  void raise_floor() {
    for (unsigned i = 0; i < count_; ++i) mine().floor.stores(i) = static_cast<std::uint16_t>(locations_[i].count);
  }

 private:
  /// The seq_cst operations that one of this thread at `place` in the history of `l` follows. "Strongly happens
  /// before": in the same thread; or before a step of their thread that this one knew already when it began; or, as
  /// `heads`, the stores that this very operation synchronises with.
  events before(location& l, unsigned place, events const& heads) {
    events result;
    for (std::size_t i = 0; i < sequential_.size(); ++i) {
      sequential const& s = sequential_[i];
      bool const strongly = s.thread == thread_ || heads[i] || mine().begun.steps(s.thread) > s.step;
      if (strongly || (s.location == l.index && s.place < place)) {
        result |= s.before;
        result.set(i);
      }
    }
    return result;
  }

  /// Whether there still is an order with a load of the store `number`.
  bool may_be_sequential(location& l, unsigned number) {
    events const earlier = before(l, 2 * number + 1, l.history[number - 1].heads);
    return (earlier & after(l, 2 * number + 1)).none();
  }

  /// The seq_cst operations on the location at a later place.
  events after(location& l, unsigned place) {
    events result;
    for (std::size_t i = 0; i < sequential_.size(); ++i)
      result[i] = sequential_[i].location == l.index && sequential_[i].place > place;
    return result;
  }

  void add_sequential(location& l, unsigned place, events const& heads) {
    std::size_t const added = sequential_.size();
    if (added == max_sequential) fail("too many seq_cst operations: raise max_sequential");
    events const earlier = before(l, place, heads);
    if (events const later = after(l, place); later.any())
      for (std::size_t i = 0; i < added; ++i)
        if (sequential& s = sequential_[i]; later[i] || (s.before & later).any())
          s.before |= earlier, s.before.set(added);
    sequential_.push_back({thread_, mine().known.steps(thread_), l.index, place, earlier});
  }

  unsigned thread_ = 0;
  std::array<knowledge, max_threads> threads_;
  std::array<location, max_locations> locations_{};
  unsigned count_ = 0;
  std::uint64_t stores_ = 0;  // how many there were
  std::uint64_t hash_ = 0;    // of all stores
  view heavy_;                // what heavy fences have seen
  std::vector<sequential> sequential_;
};

}  // namespace model
