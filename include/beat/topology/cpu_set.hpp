#pragma once
// SPDX-License-Identifier: MIT
// A set of logical CPUs, each named by the index that the operating system gave it.
// Everything that speaks about CPUs (affinity, limits, topology, placement) exchanges this value.
// Invariant: the last word is never zero, so that equal sets have equal words.

#include <beat/base/error.hpp>
#include <beat/base/expected.hpp>
#include <beat/topology/text.hpp>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace beat::inline v0 {

/// A set of logical CPU indexes, iterated in ascending order.
class cpu_set {
 public:
  class iterator;
  using value_type = unsigned;
  using const_iterator = iterator;

  /// The largest index that a set accepts; it bounds what a broken description of a machine can make us allocate.
  static constexpr unsigned max_index = 1U << 20U;

  cpu_set() = default;

  /// Throws: beat::error(invalid_argument) for an index above max_index.
  cpu_set(std::initializer_list<unsigned> indexes) {
    for (unsigned const index : indexes) {
      add(index);
    }
  }

  /// The CPUs 0 to count - 1. Throws: beat::error(invalid_argument) for an index above max_index.
  [[nodiscard]] static cpu_set first_cpus(unsigned count) {
    cpu_set result;
    for (unsigned index = 0; index < count; ++index) {
      result.add(index);
    }
    return result;
  }

  /// Reads the kernel's list format, such as "0-3,8,10-11"; white space around the list is ignored, and no list is the
  /// empty set. The error is invalid_argument for anything else, reversed ranges and indexes above max_index included.
  [[nodiscard]] static expected<cpu_set> parse(std::string_view text);

  /// Throws: beat::error(invalid_argument) for an index above max_index.
  void add(unsigned index) {
    if (index > max_index) {
      detail::throw_error(
          errc::invalid_argument,
          "cpu_set::add: the CPU index is above cpu_set::max_index; pass an index that a machine can have");
    }
    std::size_t const word = index / word_bits;
    if (word >= words_.size()) {
      words_.resize(word + 1);
    }
    words_[word] |= bit(index);
  }

  void remove(unsigned index) noexcept {
    if (contains(index)) {
      words_[index / word_bits] &= ~bit(index);
      drop_zero_words();
    }
  }

  [[nodiscard]] bool contains(unsigned index) const noexcept {
    std::size_t const word = index / word_bits;
    return word < words_.size() && (words_[word] & bit(index)) != 0;
  }

  /// The number of CPUs in the set.
  [[nodiscard]] unsigned size() const noexcept {
    unsigned count = 0;
    for (std::uint64_t const word : words_) {
      count += static_cast<unsigned>(std::popcount(word));
    }
    return count;
  }

  [[nodiscard]] bool empty() const noexcept { return words_.empty(); }

  /// The smallest index, or nothing if the set is empty.
  [[nodiscard]] std::optional<unsigned> first() const noexcept {
    return empty() ? std::nullopt : std::optional<unsigned>{next_from(0)};
  }

  [[nodiscard]] iterator begin() const noexcept;
  [[nodiscard]] iterator end() const noexcept;

  cpu_set& operator|=(cpu_set const& other) {
    if (words_.size() < other.words_.size()) {
      words_.resize(other.words_.size());
    }
    for (std::size_t i = 0; i < other.words_.size(); ++i) {
      words_[i] |= other.words_[i];
    }
    return *this;
  }

  cpu_set& operator&=(cpu_set const& other) noexcept {
    if (words_.size() > other.words_.size()) {
      words_.resize(other.words_.size());
    }
    for (std::size_t i = 0; i < words_.size(); ++i) {
      words_[i] &= other.words_[i];
    }
    drop_zero_words();
    return *this;
  }

  [[nodiscard]] friend cpu_set operator|(cpu_set left, cpu_set const& right) {
    left |= right;
    return left;  // moved, not copied
  }
  [[nodiscard]] friend cpu_set operator&(cpu_set left, cpu_set const& right) noexcept {
    left &= right;
    return left;
  }
  [[nodiscard]] friend bool operator==(cpu_set const&, cpu_set const&) = default;

 private:
  static constexpr unsigned word_bits = 64;

  static constexpr std::uint64_t bit(unsigned index) noexcept { return std::uint64_t{1} << (index % word_bits); }

  unsigned end_index() const noexcept { return static_cast<unsigned>(words_.size()) * word_bits; }

  // The smallest member that is not below `index`, or end_index().
  unsigned next_from(unsigned index) const noexcept {
    if (index >= end_index()) {
      return end_index();
    }
    std::size_t word = index / word_bits;
    std::uint64_t rest = words_[word] & (~std::uint64_t{0} << (index % word_bits));
    while (rest == 0 && ++word < words_.size()) {
      rest = words_[word];
    }
    return rest == 0 ? end_index()
                     : static_cast<unsigned>(word) * word_bits + static_cast<unsigned>(std::countr_zero(rest));
  }

  void drop_zero_words() noexcept {
    while (!words_.empty() && words_.back() == 0) {
      words_.pop_back();
    }
  }

  std::vector<std::uint64_t> words_;
};

/// Walks over the members; valid until the set changes or ends.
class cpu_set::iterator {
 public:
  using value_type = unsigned;
  using difference_type = std::ptrdiff_t;
  using reference = unsigned;
  using pointer = void;
  using iterator_category = std::input_iterator_tag;
  using iterator_concept = std::forward_iterator_tag;

  iterator() = default;

  [[nodiscard]] unsigned operator*() const noexcept { return index_; }

  iterator& operator++() noexcept {
    index_ = set_->next_from(index_ + 1);
    return *this;
  }

  iterator operator++(int) noexcept {
    iterator const before = *this;
    ++*this;
    return before;
  }

  [[nodiscard]] friend bool operator==(iterator, iterator) = default;

 private:
  friend class cpu_set;
  iterator(cpu_set const* set, unsigned index) noexcept : set_{set}, index_{index} {}

  cpu_set const* set_ = nullptr;
  unsigned index_ = 0;
};

inline cpu_set::iterator cpu_set::begin() const noexcept { return {this, next_from(0)}; }
inline cpu_set::iterator cpu_set::end() const noexcept { return {this, end_index()}; }

/// Writes the kernel's list format: the shortest text that cpu_set::parse reads back.
[[nodiscard]] inline std::string to_string(cpu_set const& set) {
  std::string text;
  for (auto position = set.begin(); position != set.end();) {
    unsigned const low = *position;
    unsigned high = low;
    while (++position != set.end() && *position == high + 1) {
      ++high;
    }
    if (!text.empty()) {
      text += ',';
    }
    text += std::to_string(low);
    if (high != low) {
      text += '-';
      text += std::to_string(high);
    }
  }
  return text;
}

inline expected<cpu_set> cpu_set::parse(std::string_view text) {
  text = detail::trim(text);
  cpu_set result;
  if (text.ends_with(',')) {
    return unexpected{make_error_code(errc::invalid_argument)};
  }
  while (!text.empty()) {
    std::string_view high_text = detail::split_off(text, ',');
    bool const is_range = high_text.find('-') != std::string_view::npos;
    auto const low = detail::parse_number<unsigned>(is_range ? detail::split_off(high_text, '-') : high_text);
    auto const high = detail::parse_number<unsigned>(high_text);
    if (!low || !high || *low > *high || *high > max_index) {
      return unexpected{make_error_code(errc::invalid_argument)};
    }
    for (unsigned index = *low; index <= *high; ++index) {
      result.add(index);
    }
  }
  return result;
}

}  // namespace beat::inline v0
