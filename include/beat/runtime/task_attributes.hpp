#pragma once
// SPDX-License-Identifier: MIT
// What few tasks have: a pin, a name, a deadline. A task has one pointer to all of that, so that the others pay
// nothing.

#include <chrono>
#include <cstddef>

#include <beat/base/config.hpp>
#include <beat/memory/node_cache.hpp>

namespace beat::inline v0 {

class cpu_set;

/// What a task is called, for whoever looks on: `{.name = "decode"}`. Nothing is copied, and anybody may read the name
/// at any time. So it is made of a string literal, or of other text that is there as long as the program.
class task_name {
 public:
  constexpr task_name() noexcept = default;  ///< no name

  /// A string literal, or another constant; anything else does not compile.
  consteval task_name(char const* literal) noexcept : text_{literal} {}

  /// For a name that was made at run time, and is kept, and not changed, as long as the program.
  static constexpr task_name permanent(char const* text) noexcept {
    task_name name;
    name.text_ = text;
    return name;
  }

  /// Null without a name.
  constexpr char const* c_str() const noexcept { return text_; }
  constexpr explicit operator bool() const noexcept { return text_ != nullptr; }

 private:
  char const* text_ = nullptr;
};

namespace detail {

struct task_attributes {
  cpu_set const* cpus = nullptr;  // of its pool: those that the task is pinned to, or null
  char const* name = nullptr;     // see task_name
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();

  /// Whether a task that has not begun must not begin any more.
  bool is_late() const noexcept { return std::chrono::steady_clock::now() >= deadline; }

  static void* operator new(std::size_t size) { return node_cache::allocate(size); }
  static void operator delete(void* memory, std::size_t size) noexcept { node_cache::deallocate(memory, size); }

  struct deleter {
    BEAT_NO_INLINE void operator()(task_attributes const* a) const noexcept { delete a; }
  };
};

}  // namespace detail

}  // namespace beat::inline v0
