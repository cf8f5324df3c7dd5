// SPDX-License-Identifier: MIT
// The node cache: what is kept, what goes to other threads, and what goes back to the system.

#include <atomic>
#include <beat/memory/node_cache.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <new>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "catch.hpp"

// AddressSanitizer, and ThreadSanitizer with clang, have an operator new of their own.
#define COUNTS_BLOCKS() !BEAT_HAS_ADDRESS_SANITIZER()
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#undef COUNTS_BLOCKS
#define COUNTS_BLOCKS() 0
#endif
#endif

namespace {

std::atomic<long> blocks{0};  // what operator new gave and was not given back

}  // namespace

#if COUNTS_BLOCKS()
void* operator new(std::size_t size) {
  void* const memory = std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc{};
  blocks.fetch_add(1, std::memory_order_relaxed);
  return memory;
}
void* operator new(std::size_t size, std::nothrow_t const&) noexcept {
  try {
    return ::operator new(size);
  } catch (...) {
    return nullptr;
  }
}
void operator delete(void* memory) noexcept {
  if (memory != nullptr) blocks.fetch_sub(1, std::memory_order_relaxed);
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept { ::operator delete(memory); }
#endif

namespace {

using beat::detail::node_cache;

constexpr bool keeps = !BEAT_HAS_ADDRESS_SANITIZER();
constexpr bool counts = COUNTS_BLOCKS();
constexpr std::size_t chain = 64;

struct node {
  std::size_t size;
  void* memory;
};

node made(std::size_t size) { return {size, std::memset(node_cache::allocate(size), static_cast<int>(size), size)}; }

bool is_intact(node n) {
  auto const* const bytes = static_cast<unsigned char const*>(n.memory);
  for (std::size_t i = 0; i < n.size; ++i)
    if (bytes[i] != n.size) return false;
  return true;
}

void unmake(node n) { node_cache::deallocate(n.memory, n.size); }

template <class F>
void in_a_thread(F f) {
  std::thread{f}.join();
}

}  // namespace

TEST_CASE("a freed node is what the next allocation of its size gets", "[unit]") {
  for (std::size_t const size : {24U, 40U, 41U, 136U}) {
    node const first = made(size);
    unmake(first);
    node const second = made(size);
    if (keeps) CHECK(second.memory == first.memory);
    unmake(second);
  }
}

TEST_CASE("nodes are apart, aligned, and as large as was asked for", "[unit]") {
  std::vector<node> nodes;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 100; ++i)
      for (std::size_t size = 1; size <= 160; size += 3)
        if (size <= 88 || size > 120) nodes.push_back(made(size));  // the others belong to single tests
    std::set<void*> places;
    for (node const& n : nodes) {
      REQUIRE(is_intact(n));
      REQUIRE(reinterpret_cast<std::uintptr_t>(n.memory) % __STDCPP_DEFAULT_NEW_ALIGNMENT__ == 0);
      REQUIRE(places.insert(n.memory).second);
    }
    for (node const& n : nodes) unmake(n);
    nodes.clear();
  }
}

TEST_CASE("a thread that ends gives back what it kept: whole chains to others, the rest to the system", "[unit]") {
  constexpr std::size_t size = 120;
  long const before = blocks.load();
  in_a_thread([] {
    std::vector<node> nodes(100);
    for (node& n : nodes) n = made(size);
    for (node const& n : nodes) unmake(n);
  });
  REQUIRE(blocks.load() - before == (counts ? long{chain} : 0));
  // The next one that needs nodes gets them.
  in_a_thread([before] {
    node nodes[chain];
    for (node& n : nodes) n = made(size);
    long const during = blocks.load();
    for (node const& n : nodes) unmake(n);
    if (counts) CHECK(during - before < static_cast<long>(chain) + 8);
  });
}

namespace {

// Destroyed after the cache of its thread is closed, as it was made before.
struct late {
  late() = default;
  late(late const&) = delete;
  late& operator=(late const&) = delete;
  ~late() {
    for (int i = 0; i < 3; ++i) {
      node const n = made(100);
      intact = intact && is_intact(n);
      unmake(n);
    }
  }
  static inline bool intact = true;
};

}  // namespace

TEST_CASE("a destructor at the end of a thread may still allocate and free", "[unit]") {
  long const before = blocks.load();
  in_a_thread([] {
    static thread_local late last;
    static_cast<void>(&last);
    unmake(made(100));
  });
  CHECK(late::intact);
  CHECK(blocks.load() == before);
}

TEST_CASE("nodes go round from a thread that allocates to one that frees, and back", "[unit]") {
  constexpr int rounds = 200;
  constexpr std::size_t in_flight = 500;
  std::vector<node> nodes(in_flight);
  std::atomic<int> turn{0};
  bool intact = true;
  long blocks_at_start = 0;
  auto const wait_for = [&](int t) {
    while (turn.load(std::memory_order_acquire) != t) std::this_thread::yield();
  };
  std::thread consumer{[&] {
    for (int i = 0; i < rounds; ++i) {
      wait_for(2 * i + 1);
      for (node const& n : nodes) {
        intact = intact && is_intact(n);
        unmake(n);
      }
      turn.store(2 * i + 2, std::memory_order_release);
    }
  }};
  for (int i = 0; i < rounds; ++i) {
    wait_for(2 * i);
    if (i == 2) blocks_at_start = blocks.load();
    for (node& n : nodes) n = made(88);
    turn.store(2 * i + 1, std::memory_order_release);
  }
  wait_for(2 * rounds);
  if (counts) CHECK(blocks.load() - blocks_at_start < 2 * static_cast<long>(chain));
  consumer.join();
  CHECK(intact);
}

TEST_CASE("nodes that several threads exchange stay intact", "[unit]") {
  constexpr int steps = 20'000;
  std::mutex lock;
  std::vector<node> shared;
  std::atomic<int> damaged{0};
  auto const work = [&](unsigned seed) {
    std::size_t const sizes[] = {24, 40, 56, 72};
    for (int i = 0; i < steps; ++i) {
      seed = seed * 1664525 + 1013904223;
      node out{0, nullptr};
      {
        std::lock_guard const guard{lock};
        if (shared.size() > 700 || ((seed >> 16) % 2 == 0 && !shared.empty())) {
          std::swap(shared[(seed >> 8) % shared.size()], shared.back());
          out = shared.back();
          shared.pop_back();
        }
      }
      if (out.memory != nullptr) {
        if (!is_intact(out)) ++damaged;
        unmake(out);
      } else {
        node const fresh = made(sizes[(seed >> 20) % 4]);
        std::lock_guard const guard{lock};
        shared.push_back(fresh);
      }
    }
  };
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 4; ++t) threads.emplace_back(work, t);
  for (std::thread& t : threads) t.join();
  for (node const& n : shared) {
    if (!is_intact(n)) ++damaged;
    unmake(n);
  }
  CHECK(damaged == 0);
}
