#pragma once
// SPDX-License-Identifier: MIT
// The plan: [0, n) in one balanced chunk for each worker, known before anything runs, and at compile time where the
// numbers are. Chunks meet where a cache line of the output begins, so that no two workers write to the same one.

#include <algorithm>
#include <array>
#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <numeric>
#include <ranges>

#include <beat/algorithm/for_each.hpp>
#include <beat/algorithm/loop_cost.hpp>
#include <beat/algorithm/loop_options.hpp>
#include <beat/base/cache_line.hpp>
#include <beat/base/error.hpp>
#include <beat/runtime/crew.hpp>
#include <beat/task/place.hpp>

namespace beat::inline v0 {

/// The indexes from `first` to before `last`, as a range.
struct index_range {
  std::size_t first = 0;
  std::size_t last = 0;

  constexpr std::size_t size() const noexcept { return last - first; }
  constexpr auto begin() const noexcept { return std::views::iota(first, last).begin(); }
  constexpr auto end() const noexcept { return std::views::iota(first, last).end(); }
  friend bool operator==(index_range const&, index_range const&) = default;
};

/// A random-access range of chunks, each an index_range: every index below `size` lies in exactly one of them. None is
/// empty, and the sizes of any two differ by no more than a unit, which is how many elements there are from one start
/// of a cache line to the next that begins with an element.
class plan {
 public:
  class iterator;

  constexpr plan() noexcept = default;

  /// One chunk for each worker, or fewer where there are fewer units. Elements of the output have `element_size` bytes,
  /// and the first begins `misalignment` bytes after the start of a cache line; if elements never begin with a line
  /// then, they are taken to start with one. Unless it is told, nothing needs to be aligned, and a unit is an element.
  /// *Throws:* error{invalid_argument} where `workers` or `element_size` is 0.
  constexpr plan(std::size_t size, std::size_t workers, std::size_t element_size = cache_line,
                 std::size_t misalignment = 0)
      : size_{size} {
    if (workers == 0 || element_size == 0)
      detail::throw_error(errc::invalid_argument, "a plan is for one worker at least, and elements of one byte");
    unit_ = cache_line / std::gcd(cache_line, element_size);
    std::size_t const first = std::min(size, distance_to_line(element_size, misalignment));
    missing_ = first == 0 ? 0 : unit_ - first;
    std::size_t const rest = size - first;
    std::size_t const units = (first != 0 ? 1 : 0) + rest / unit_ + (rest % unit_ != 0 ? 1 : 0);
    count_ = std::min(workers, units);
    if (count_ == 0) return;
    units_each_ = units / count_;
    std::size_t const longer = units % count_;
    // The first unit and the last may be cut. One more unit goes to their chunks before it goes to others, and if there
    // is but one, to the chunk that lacks more.
    std::size_t const missing_behind = rest == 0 ? 0 : (unit_ - rest % unit_) % unit_;
    longer_in_front_ = longer > 1 || (longer == 1 && missing_ >= missing_behind) ? 1 : 0;
    first_longer_behind_ = count_ - (longer - longer_in_front_);
  }

  constexpr iterator begin() const noexcept;
  constexpr iterator end() const noexcept;
  /// How many chunks there are.
  constexpr std::size_t size() const noexcept { return count_; }
  constexpr bool empty() const noexcept { return count_ == 0; }
  constexpr index_range operator[](std::size_t chunk) const noexcept { return {border(chunk), border(chunk + 1)}; }

  friend bool operator==(plan const&, plan const&) = default;

 private:
  /// How many elements come before the first that begins with a cache line, or 0 where none does.
  constexpr std::size_t distance_to_line(std::size_t element_size, std::size_t misalignment) const noexcept {
    for (std::size_t elements = 0; elements < unit_; ++elements)
      if ((elements * (element_size % cache_line) + misalignment) % cache_line == 0) return elements;
    return 0;
  }

  /// Where the chunk begins.
  constexpr std::size_t border(std::size_t chunk) const noexcept {
    if (chunk == 0) return 0;
    if (chunk == count_) return size_;
    std::size_t const longer_behind = chunk - std::min(chunk, first_longer_behind_);
    return unit_ * (chunk * units_each_ + longer_in_front_ + longer_behind) - missing_;
  }

  std::size_t size_ = 0;
  std::size_t count_ = 0;  // chunks
  std::size_t unit_ = 1;
  std::size_t missing_ = 0;     // elements that the first unit lacks
  std::size_t units_each_ = 0;  // and one more in some chunks:
  std::size_t longer_in_front_ = 0;
  std::size_t first_longer_behind_ = 0;
};

/// Goes over the chunks of a plan that outlives it.
class plan::iterator {
 public:
  using value_type = index_range;
  using difference_type = std::ptrdiff_t;
  using iterator_concept = std::random_access_iterator_tag;
  using iterator_category = std::input_iterator_tag;

  constexpr iterator() noexcept = default;
  constexpr iterator(plan const& all, std::size_t chunk) noexcept : all_{&all}, chunk_{chunk} {}

  constexpr index_range operator*() const noexcept { return (*all_)[chunk_]; }
  constexpr index_range operator[](std::ptrdiff_t n) const noexcept { return *(*this + n); }
  constexpr iterator& operator+=(std::ptrdiff_t n) noexcept {
    chunk_ += static_cast<std::size_t>(n);
    return *this;
  }
  constexpr iterator& operator-=(std::ptrdiff_t n) noexcept { return *this += -n; }
  constexpr iterator& operator++() noexcept { return *this += 1; }
  constexpr iterator& operator--() noexcept { return *this -= 1; }
  constexpr iterator operator++(int) noexcept { return ++*this - 1; }
  constexpr iterator operator--(int) noexcept { return --*this + 1; }
  friend constexpr iterator operator+(iterator i, std::ptrdiff_t n) noexcept { return i += n; }
  friend constexpr iterator operator+(std::ptrdiff_t n, iterator i) noexcept { return i += n; }
  friend constexpr iterator operator-(iterator i, std::ptrdiff_t n) noexcept { return i -= n; }
  friend constexpr std::ptrdiff_t operator-(iterator a, iterator b) noexcept {
    return static_cast<std::ptrdiff_t>(a.chunk_ - b.chunk_);
  }
  friend constexpr bool operator==(iterator a, iterator b) noexcept { return a.chunk_ == b.chunk_; }
  friend constexpr auto operator<=>(iterator a, iterator b) noexcept { return a.chunk_ <=> b.chunk_; }

 private:
  plan const* all_ = nullptr;
  std::size_t chunk_ = 0;
};

constexpr plan::iterator plan::begin() const noexcept { return {*this, 0}; }
constexpr plan::iterator plan::end() const noexcept { return {*this, count_}; }

/// The chunks of plan{Size, Workers, ElementSize}, as an array that the compiler makes.
template <std::size_t Size, std::size_t Workers, std::size_t ElementSize = cache_line>
  requires(Workers > 0 && ElementSize > 0)
consteval auto static_plan() {
  constexpr plan chunks{Size, Workers, ElementSize};
  std::array<index_range, chunks.size()> all;
  std::ranges::copy(chunks, all.begin());
  return all;
}

/// What `execute` takes: a plan, or any other range of index ranges that can be cut.
template <class P>
concept work_plan = splittable_range<P> && std::same_as<std::ranges::range_value_t<P>, index_range>;

/// The plan for so many workers that write to the elements of `output`: aligned where these lie side by side in memory.
/// *Throws:* error{invalid_argument} where `workers` is 0.
template <splittable_range Output>
[[nodiscard]] plan distribute_work(Output const& output, std::size_t workers) {
  auto const size = static_cast<std::size_t>(std::ranges::size(output));
  if constexpr (std::ranges::contiguous_range<Output const>) {
    auto const address = reinterpret_cast<std::uintptr_t>(std::to_address(std::ranges::begin(output)));
    return plan{size, workers, sizeof(std::ranges::range_value_t<Output>), address % cache_line};
  } else {
    return plan{size, workers};
  }
}

/// The same for the workers of a place.
template <execution_place Place, splittable_range Output>
[[nodiscard]] plan distribute_work(Place&& place, Output const& output) {
  return distribute_work(output, detail::workers_of(place));
}

/// A plan of so many elements for the workers of a place.
template <execution_place Place>
[[nodiscard]] plan distribute_work(Place&& place, std::size_t size, std::size_t element_size = cache_line) {
  return plan{size, detail::workers_of(place), element_size};
}

/// Calls `body(chunk)` for each chunk of `work`, potentially in parallel, and returns once all have ended. Others are
/// offered chunks at once, unless all indexes take less than 4 µs by what those of such a body have taken so far. To
/// the options chunks are what elements are to a loop: where stop is requested no further chunk is begun, and errors
/// tell of the positions of chunks. *Throws:* as parallel_for. *Complexity:* one call per chunk.
template <execution_place Place, work_plan Work, std::invocable<index_range> F>
void execute(Place&& place, Work const& work, F body, loop_options options = {}) {
  std::size_t indexes = 0;
  for (index_range const chunk : work) indexes += chunk.size();
  detail::loop_cost& cost = detail::loop_cost_of<F>;  // of an index, as chunks of other plans are longer or shorter
  bool const is_short = cost.grain() != 0 && indexes / cost.grain() < 2;
  auto const call = [&](index_range chunk) {
    if (is_short || chunk.size() == 0) return static_cast<void>(body(chunk));
    std::int64_t const start = detail::now();
    body(chunk);
    cost.record(chunk.size(), detail::now() - start);
  };
  if (!is_short && options.chunks == chunks::adaptive) options.chunks = chunks::grain<1>;
  parallel_for_each(place, work, call, options);
}

}  // namespace beat::inline v0
