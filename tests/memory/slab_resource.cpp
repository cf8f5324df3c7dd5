// SPDX-License-Identifier: MIT
// The resource for small blocks: sizes, alignments, containers, threads that free what others allocated.

#include <algorithm>
#include <atomic>
#include <beat/base/cache_line.hpp>
#include <beat/base/random.hpp>
#include <beat/memory/slab_resource.hpp>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <list>
#include <map>
#include <memory_resource>
#include <mutex>
#include <new>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/dies.hpp"
#include "catch.hpp"
#include "memory/upstream.hpp"

namespace {

using beat::memory_usage;
using beat::slab_resource;
namespace size_class = beat::detail::size_class;

struct block {
  unsigned char* memory;
  std::size_t bytes;
  std::size_t alignment;
};

// Every byte of it says whose it is.
unsigned char tag(block const& b) {
  return static_cast<unsigned char>(reinterpret_cast<std::uintptr_t>(b.memory) / 16 % 251);
}

block allocate(slab_resource& resource, std::size_t bytes, std::size_t alignment) {
  block b{static_cast<unsigned char*>(resource.allocate(bytes, alignment)), bytes, alignment};
  std::memset(b.memory, tag(b), bytes);
  return b;
}

void deallocate(slab_resource& resource, block const& b) { resource.deallocate(b.memory, b.bytes, b.alignment); }

bool is_intact(block const& b) {
  return reinterpret_cast<std::uintptr_t>(b.memory) % b.alignment == 0 &&
         std::all_of(b.memory, b.memory + b.bytes, [&](unsigned char c) { return c == tag(b); });
}

// Mostly small ones, some beyond what is cut from slabs, some of no bytes.
block allocate_at_random(slab_resource& resource, beat::random& random) {
  std::size_t const bytes = random.below(1U << random.below(14));
  std::size_t const alignment = std::size_t{1} << random.below(9);
  return allocate(resource, bytes, alignment);
}

// A program whose pieces of memory are of all kinds.
bool holds_containers(slab_resource& resource) {
  std::pmr::map<int, std::pmr::string> names{&resource};
  std::pmr::unordered_map<int, int> squares{&resource};
  std::pmr::list<std::pmr::vector<int>> lists{&resource};
  for (int i = 0; i < 500; ++i) {
    names[i] = std::pmr::string(static_cast<std::size_t>(i), 'x');
    squares[i] = i * i;
    lists.emplace_back(static_cast<std::size_t>(i % 50), i);
    if (i % 3 == 0) names.erase(i / 2);
  }
  bool good = squares.size() == 500;
  for (auto const& [i, name] : names) good = good && name.size() == static_cast<std::size_t>(i);
  for (auto const& [i, square] : squares) good = good && square == i * i;
  int at = 0;
  for (auto const& l : lists) {
    good = good && l.size() == static_cast<std::size_t>(at % 50) && (l.empty() || l.front() == at);
    ++at;
  }
  return good && at == 500;
}

}  // namespace

TEST_CASE("each size has the least class that holds it, which keeps its alignment", "[unit]") {
  CHECK(size_class::size_of(0) == 16);
  CHECK(size_class::size_of(size_class::count - 1) == slab_resource::greatest_size);
  for (std::size_t bytes = 0; bytes <= slab_resource::greatest_size; ++bytes) {
    std::size_t const c = size_class::of(bytes);
    REQUIRE(size_class::size_of(c) >= bytes);
    REQUIRE((c == 0 || size_class::size_of(c - 1) < bytes));
    if (bytes > 128) REQUIRE(size_class::size_of(c) <= bytes + bytes / 4);
    for (std::size_t alignment = 1; alignment <= slab_resource::greatest_alignment; alignment *= 2)
      if (bytes % alignment == 0 && bytes != 0)
        REQUIRE(size_class::size_of(c) % std::max<std::size_t>(alignment, 16) == 0);
  }
}

TEST_CASE("blocks of all sizes and alignments are intact, and go back where they came from", "[unit]") {
  beat_test::upstream upstream;
  {
    slab_resource resource{&upstream};
    CHECK(resource.upstream() == &upstream);
    std::vector<block> blocks;
    for (std::size_t bytes = 0; bytes < 5000; bytes = bytes < 300 ? bytes + 1 : bytes + 37)
      for (std::size_t alignment = 1; alignment <= 256; alignment *= 2)
        blocks.push_back(allocate(resource, bytes, alignment));
    CHECK(resource.usage().blocks_in_use == blocks.size());
    CHECK(resource.usage().bytes_reserved == upstream.bytes());
    CHECK(resource.usage().bytes_in_use <= upstream.bytes());
    for (block const& b : blocks) REQUIRE(is_intact(b));
    for (block const& b : blocks) deallocate(resource, b);
    CHECK(resource.usage() == memory_usage{0, 0, upstream.bytes()});
    resource.trim();
    CHECK(upstream.blocks() == 0);
    for (std::size_t const bytes : {0U, 70U, 4096U}) static_cast<void>(allocate(resource, bytes, 8));
    CHECK(resource.usage().blocks_in_use == 3);
  }
  CHECK(upstream.blocks() == 0);
  CHECK(upstream.is_consistent());
}

TEST_CASE("what is too great, or aligned too much, comes from the upstream as it was asked for", "[unit]") {
  beat_test::upstream upstream;
  slab_resource resource{&upstream};
  block const great = allocate(resource, 4097, 8);
  CHECK((upstream.last().bytes == 4097 && upstream.last().alignment == 8));
  block const aligned = allocate(resource, 5, 1024);
  CHECK((upstream.last().bytes == 5 && upstream.last().alignment == 1024));
  CHECK(resource.usage() == memory_usage{2, 4102, 4102});
  CHECK((is_intact(great) && is_intact(aligned)));
  deallocate(resource, great);
  deallocate(resource, aligned);
  CHECK(upstream.blocks() == 0);
}

TEST_CASE("a failing upstream is heard of, and nothing is counted", "[unit]") {
  beat_test::upstream upstream;
  slab_resource resource{&upstream};
  upstream.fail_after(0);
  CHECK_THROWS_AS(static_cast<void>(resource.allocate(10)), std::bad_alloc);
  CHECK_THROWS_AS(static_cast<void>(resource.allocate(10'000)), std::bad_alloc);
  CHECK(resource.usage() == memory_usage{});
}

TEST_CASE("containers live on a slab resource, and equal resources are the same one", "[unit]") {
  slab_resource resource;
  slab_resource const other;
  CHECK(holds_containers(resource));
  CHECK(resource.usage().blocks_in_use == 0);
  CHECK(resource == resource);
  CHECK(resource != other);
  slab_resource on_top{&resource};  // its slabs are blocks of the other one
  CHECK(holds_containers(on_top));
  on_top.trim();
  CHECK(resource.usage().blocks_in_use == 0);
}

TEST_CASE("threads that allocate and free crosswise at random leave everything intact", "[unit]") {
  constexpr int steps = 10'000;
  beat_test::upstream upstream;
  {
    slab_resource resource{&upstream};
    std::mutex lock;
    std::vector<block> shared;
    std::atomic<int> damaged{0};
    auto const check_and_free = [&](block const& b) {
      if (!is_intact(b)) ++damaged;
      deallocate(resource, b);
    };
    auto const work = [&](std::uint64_t seed) {
      beat::random random{seed};
      std::vector<block> own;
      for (int i = 0; i < steps; ++i) {
        if (own.size() > random.below(64)) {
          check_and_free(own.back());
          own.pop_back();
          continue;
        }
        own.push_back(allocate_at_random(resource, random));
        std::lock_guard const guard{lock};
        if (!shared.empty()) std::swap(own.back(), shared[random.below(static_cast<std::uint32_t>(shared.size()))]);
        if (shared.size() < 500) {
          shared.push_back(own.back());
          own.pop_back();
        }
      }
      for (block const& b : own) check_and_free(b);
    };
    std::vector<std::thread> threads;
    for (std::uint64_t t = 0; t < 4; ++t) threads.emplace_back(work, t);
    for (std::thread& t : threads) t.join();
    CHECK(resource.usage().blocks_in_use == shared.size());
    for (block const& b : shared) check_and_free(b);
    CHECK(damaged == 0);
    resource.trim();
    CHECK(resource.usage() == memory_usage{});
  }
  CHECK(upstream.blocks() == 0);
  CHECK(upstream.is_consistent());
}

TEST_CASE("containers of several threads live on one slab resource", "[unit]") {
  slab_resource resource;
  std::atomic<int> good{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&] {
      if (holds_containers(resource)) ++good;
    });
  for (std::thread& t : threads) t.join();
  CHECK(good == 3);
  CHECK(resource.usage().blocks_in_use == 0);
}

#if !defined(NDEBUG)
TEST_CASE("a block that is given back with another size ends the program", "[unit]") {
  auto const child = beat_test::run_in_child([] {
    slab_resource resource;
    static_cast<void>(resource.allocate(200));
    resource.deallocate(resource.allocate(20), 200);
  });
  INFO(child.output);
  CHECK(child.aborted);
  CHECK(child.output.find("foreign") != std::string::npos);
}
#endif
