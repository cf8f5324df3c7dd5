#pragma once
// SPDX-License-Identifier: MIT
// Memory for small blocks of many sizes, allocated and freed often, by any thread.

#include <array>
#include <atomic>
#include <beat/base/cache_line.hpp>
#include <beat/memory/block_store.hpp>
#include <beat/memory/round_up.hpp>
#include <beat/memory/usage.hpp>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <utility>

namespace beat::inline v0 {

namespace detail {

// The sizes of blocks: multiples of 16 up to 128, then four between a power of two and the next. So each multiple of a
// power of two up to a cache line is rounded up to a multiple of the same, and with it its alignment is kept.
namespace size_class {

inline constexpr std::size_t greatest = 4096;
inline constexpr std::size_t step = 16;
inline constexpr std::size_t count = 8 + 4 * 5;  // the last four reach from 2048 to 4096

constexpr std::size_t size_of(std::size_t c) noexcept {
  if (c < 8) return (c + 1) * step;
  std::size_t const octave = std::size_t{128} << ((c - 8) / 4);
  return octave + octave / 4 * ((c - 8) % 4 + 1);
}
static_assert(size_of(count - 1) == greatest);

// The class for each number of steps.
inline constexpr auto of_steps = [] {
  std::array<std::uint8_t, greatest / step + 1> table{};
  std::size_t c = 0;
  for (std::size_t steps = 0; steps < table.size(); ++steps) {
    if (steps * step > size_of(c)) ++c;
    table[steps] = static_cast<std::uint8_t>(c);
  }
  return table;
}();
constexpr std::size_t of(std::size_t bytes) noexcept { return of_steps[(bytes + step - 1) / step]; }

}  // namespace size_class

}  // namespace detail

/// Blocks up to 4096 bytes, and alignments up to a cache line, are cut from slabs of the upstream; a thread keeps at
/// most 128 free ones, and 16 KiB, of each of 28 sizes. What is greater comes from the upstream itself. Where
/// assertions are active, a pointer that is freed twice, with a wrong size, or is foreign, ends the program with a
/// message. Thread safety: as object_pool.
class slab_resource final : public std::pmr::memory_resource {
 public:
  /// The greatest size, and the greatest alignment, of a block that is cut from a slab. Units: bytes.
  static constexpr std::size_t greatest_size = detail::size_class::greatest;
  static constexpr std::size_t greatest_alignment = cache_line;

  /// The upstream has to outlive the resource. Throws: std::bad_alloc.
  explicit slab_resource(std::pmr::memory_resource* upstream = std::pmr::get_default_resource())
      : slab_resource{upstream, std::make_index_sequence<detail::size_class::count>{}} {}

  slab_resource(slab_resource const&) = delete;
  slab_resource& operator=(slab_resource const&) = delete;

  /// As object_pool::trim().
  std::size_t trim() {
    std::size_t bytes = 0;
    for (detail::block_store& store : stores_) bytes += store.trim();
    return bytes;
  }

  [[nodiscard]] memory_usage usage() const noexcept {
    memory_usage sum = great_.get();
    for (detail::block_store const& store : stores_) sum += store.usage();
    return sum;
  }

  [[nodiscard]] std::pmr::memory_resource* upstream() const noexcept { return stores_.front().upstream(); }

 private:
  template <std::size_t... c>
  slab_resource(std::pmr::memory_resource* upstream, std::index_sequence<c...>)
      : stores_{{detail::block_store{detail::size_class::size_of(c), detail::size_class::step, upstream}...}} {}

  static constexpr bool is_cut(std::size_t bytes, std::size_t alignment) noexcept {
    return bytes <= greatest_size && alignment <= greatest_alignment;
  }

  [[nodiscard]] detail::block_store& store_for(std::size_t bytes, std::size_t alignment) noexcept {
    return stores_[detail::size_class::of(detail::round_up(bytes, alignment))];
  }

  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    if (is_cut(bytes, alignment)) return store_for(bytes, alignment).allocate();
    void* const block = upstream()->allocate(bytes, alignment);
    great_.add(bytes);
    return block;
  }

  void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
    if (is_cut(bytes, alignment)) return store_for(bytes, alignment).deallocate(block);
    great_.remove(bytes);
    upstream()->deallocate(block, bytes, alignment);
  }

  [[nodiscard]] bool do_is_equal(std::pmr::memory_resource const& other) const noexcept override {
    return this == &other;
  }

  std::array<detail::block_store, detail::size_class::count> stores_;
  detail::usage_counter great_;
};

}  // namespace beat::inline v0
