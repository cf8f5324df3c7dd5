// SPDX-License-Identifier: MIT
// Where memory runs out while resources and pools use it: what fails is told, nothing is lost, and to free never fails.

#include <array>
#include <beat/memory/object_pool.hpp>
#include <cstddef>
#include <memory_resource>
#include <new>
#include <thread>

#include "catch.hpp"
#include "faults.hpp"

namespace {

using faults::expect;
using faults::kind;
using faults::run_out_of;
using faults::succeeds;

/// Counts what it gave.
class counted final : public std::pmr::memory_resource {
 public:
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

 private:
  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    void* const memory = std::pmr::new_delete_resource()->allocate(bytes, alignment);
    bytes_ += bytes;
    return memory;
  }
  void do_deallocate(void* memory, std::size_t bytes, std::size_t alignment) override {
    bytes_ -= bytes;
    std::pmr::new_delete_resource()->deallocate(memory, bytes, alignment);
  }
  [[nodiscard]] bool do_is_equal(std::pmr::memory_resource const& other) const noexcept override {
    return this == &other;
  }

  std::size_t bytes_ = 0;
};

template <class F>
void in_a_thread_or_here(F f) {
  std::thread other;
  try {
    other = std::thread{f};
  } catch (...) {
    return f();
  }
  other.join();
}

}  // namespace

TEST_CASE("faults: an object pool, and threads that use it for the first time", "[faults]") {
  struct object {
    char bytes[64];
  };
  run_out_of(GENERATE(kind::allocation, kind::shortage), 20, [] {
    static std::array<object*, 3000> objects;
    std::size_t count = 0;
    counted upstream;
    {
      beat::object_pool<object> pool{&upstream};
      in_a_thread_or_here([&] {
        for (int i = 0; i < 3000; ++i) count += succeeds([&] { objects[count] = pool.allocate(); });
      });
      expect(count > 2900, "more failed than the points");
      expect(pool.usage().blocks_in_use == count, "an object was lost");
      expect(pool.usage().bytes_reserved == upstream.bytes(), "a slab was lost");
      in_a_thread_or_here([&] {
        for (std::size_t i = 0; i < count; ++i) pool.deallocate(objects[i]);
      });
      expect(pool.usage().blocks_in_use == 0, "a freed object was lost");
      pool.trim();
      expect(pool.usage().bytes_reserved == 0, "a free slab was not found");
    }
    expect(upstream.bytes() == 0, "the upstream did not get everything back");
  });
}
