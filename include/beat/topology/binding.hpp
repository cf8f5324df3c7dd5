#pragma once
// SPDX-License-Identifier: MIT
// What a user may do with the calling thread: bind it to CPUs and name it.
// Both are requests: a machine that can't fulfil them says so or ignores them, and the thread runs on.

#include <beat/base/expected.hpp>
#include <beat/topology/cpu_set.hpp>
#include <beat/topology/placement.hpp>
#include <beat/topology/platform.hpp>
#include <charconv>
#include <cstddef>
#include <iterator>
#include <limits>
#include <new>
#include <string_view>
#include <system_error>

namespace beat::inline v0 {

namespace detail {

[[nodiscard]] inline expected<void> bind(thread_handle thread, cpu_set const& cpus) noexcept {
  try {
    std::error_code const failure = set_affinity(thread, cpus);
    if (failure) {
      return unexpected{failure};
    }
    return {};
  } catch (std::bad_alloc const&) {
    return unexpected{std::make_error_code(std::errc::not_enough_memory)};
  }
}

}  // namespace detail

/// Lets the calling thread run on these CPUs only; those which the machine or the process does not have are ignored.
/// The error is invalid_argument for an empty set, not_supported off Linux, otherwise the system's own code, such as
/// EINVAL where no CPU of the set can be used, or ENOMEM.
[[nodiscard("binding is refused where the process may not use these CPUs")]] inline expected<void> bind_this_thread(
    cpu_set const& cpus) noexcept {
  return detail::bind(detail::this_thread_handle(), cpus);
}

/// The same for another thread, which has to be joinable.
[[nodiscard("binding is refused where the process may not use these CPUs")]] inline expected<void> bind_thread(
    std::thread& thread, cpu_set const& cpus) noexcept {
  return detail::bind(thread.native_handle(), cpus);
}

/// Names the calling thread for debuggers and `top`. Linux keeps 15 bytes: a longer name is cut between two UTF-8
/// characters. Off Linux this does nothing.
inline void set_thread_name(std::string_view name) noexcept { detail::name_this_thread(name); }

/// Names it "name-number". Where that is too long the name is cut, not the number.
inline void set_thread_name(std::string_view name, unsigned number) noexcept {
  char digits[std::numeric_limits<unsigned>::digits10 + 1];
  char* const end = std::to_chars(std::begin(digits), std::end(digits), number).ptr;
  char text[detail::thread_name_bytes];
  std::size_t const room = detail::thread_name_bytes - 2 - static_cast<std::size_t>(end - digits);
  std::size_t length = detail::utf8_prefix(name, room).copy(text, room);
  text[length++] = '-';
  length += std::string_view{digits, end}.copy(text + length, sizeof text - length);
  set_thread_name({text, length});
}

namespace detail {

// While it lives, the calling thread runs on certain CPUs; threads that it starts meanwhile stay there.
class bound_scope {
 public:
  /// Null: it does nothing. *Throws:* std::bad_alloc.
  explicit bound_scope(cpu_set const* place) {
    if (place == nullptr) return;
    before_ = this_thread_affinity();
    is_bound_ = bind_this_thread(*place).has_value();
  }
  ~bound_scope() {
    if (!before_.empty()) static_cast<void>(bind_this_thread(before_));
  }
  bound_scope(bound_scope const&) = delete;
  bound_scope& operator=(bound_scope const&) = delete;

  bool is_bound() const noexcept { return is_bound_; }

 private:
  cpu_set before_;
  bool is_bound_ = true;
};

}  // namespace detail

}  // namespace beat::inline v0
