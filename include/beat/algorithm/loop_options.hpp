#pragma once
// SPDX-License-Identifier: MIT
// What an algorithm may be given beside its arguments: when to stop, what happens after a failure, and how a loop is
// cut into chunks.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <stop_token>

namespace beat::inline v0 {

/// What a loop does once an element has failed, which is to say that its call has thrown.
enum class error_policy : std::uint8_t {
  fail_fast,      ///< begins no further element, and throws one of the exceptions
  collect_all,    ///< goes on with all the others, and throws an aggregate_error
  first_by_index  ///< begins all elements before the first that fails, and throws that one's exception
};

/// How a loop is cut into chunks, which run as a whole on one thread. `chunks` has the values.
class chunk_policy {
 public:
  constexpr chunk_policy() noexcept = default;
  friend bool operator==(chunk_policy, chunk_policy) = default;

  /// In chunks of so many elements, of which only the last may be shorter.
  static constexpr chunk_policy of_size(std::size_t elements) noexcept { return chunk_policy{elements}; }

  /// How long chunks are in a loop over so many elements with so many workers; 0 where that changes from one to the
  /// next.
  constexpr std::size_t length(std::size_t size, std::size_t workers) const noexcept {
    if (*this == even()) return size / workers + (size % workers != 0);
    return *this == guided() ? 0 : value_;
  }

  static constexpr chunk_policy even() noexcept { return chunk_policy{std::numeric_limits<std::size_t>::max()}; }
  static constexpr chunk_policy guided() noexcept { return chunk_policy{even().value_ - 1}; }

 private:
  constexpr explicit chunk_policy(std::size_t value) noexcept : value_{value} {}

  std::size_t value_ = 0;  // a length, or one of those above
};

namespace chunks {

/// As the loop's cost suggests that it measures. Right nearly always.
inline constexpr chunk_policy adaptive{};
/// One chunk for each worker, all of the same length: known as static.
inline constexpr chunk_policy even = chunk_policy::even();
/// A part of what is left, one half of a worker's share: long chunks at first, single elements at the end.
inline constexpr chunk_policy guided = chunk_policy::guided();
/// So many elements each.
template <std::size_t N>
  requires(N > 0)
inline constexpr chunk_policy grain = chunk_policy::of_size(N);

}  // namespace chunks

/// What an algorithm may be given beside its arguments: all of them take `stop`. `errors` and `chunks` mean
///   everything where elements have nothing to do with each other: parallel_for, parallel_for_each, parallel_map,
///     parallel_count, parallel_filter, and the predicate of parallel_stable_partition;
///   in reductions everything but collect_all, which is first_by_index there, as there is nothing to go on with after a
///     failure; and parallel_deterministic_reduce cuts the range as it must;
///   nothing where elements are compared with each other, or each goes where others have gone before: extremes, scans,
///     parallel_copy_if, parallel_partition, parallel_merge and sorts fail fast. Searches throw the first by index.
struct loop_options {
  /// Once stop is requested no further element is begun, and the algorithm throws errc::cancelled.
  std::stop_token stop = {};
  error_policy errors = error_policy::fail_fast;
  chunk_policy chunks = {};

  /// Whether there is nothing to do but to stop.
  constexpr bool are_plain() const noexcept { return errors == error_policy::fail_fast && chunks == chunk_policy{}; }
};

}  // namespace beat::inline v0
