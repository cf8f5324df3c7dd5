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
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

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

namespace detail {

/// While it lives, the calling thread runs on certain CPUs only, and threads that it starts meanwhile stay there.
/// Afterwards it may run where it might before, unless somebody else has bound it meanwhile.
class bound_scope {
 public:
  /// Without CPUs it does nothing. *Throws:* std::bad_alloc.
  explicit bound_scope(cpu_set const& cpus) {
    if (cpus.empty()) return;
    former_ = this_thread_affinity();
    former_mask_.emplace(former_);
    result_ = bind_this_thread(cpus);
    now_ = look();
    outer_ = std::exchange(innermost, this);
  }
  ~bound_scope() {
    if (!former_mask_) return;
    innermost = outer_;
    cpu_set const now = look();
    if (now == now_ || now.empty() || now_.empty()) former_mask_->apply_to(this_thread_handle());
  }
  bound_scope(bound_scope const&) = delete;
  bound_scope& operator=(bound_scope const&) = delete;

  /// What the system said.
  expected<void> const& result() const noexcept { return result_; }

  /// Where the calling thread may run outside of all scopes, or nothing if it is in none.
  static cpu_set outermost() {
    bound_scope const* scope = innermost;
    while (scope != nullptr && scope->outer_ != nullptr) scope = scope->outer_;
    return scope != nullptr ? scope->former_ : cpu_set{};
  }

 private:
  // Nothing where there is no memory for it.
  static cpu_set look() noexcept {
    try {
      return this_thread_affinity();
    } catch (std::bad_alloc const&) {
      return {};
    }
  }

  static inline constinit thread_local bound_scope const* innermost = nullptr;

  cpu_set former_;
  std::optional<affinity_mask> former_mask_;  // made in time, as the destructor must not want memory
  cpu_set now_;                               // what the system made of the binding
  expected<void> result_;
  bound_scope const* outer_ = nullptr;
};

/// Where the calling thread may run outside of all scopes.
[[nodiscard]] inline cpu_set unscoped_affinity() {
  cpu_set const outside = bound_scope::outermost();
  return outside.empty() ? this_thread_affinity() : outside;
}

}  // namespace detail

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

}  // namespace beat::inline v0
