#pragma once
// SPDX-License-Identifier: MIT
// Every failure that beat itself reports: a code, its category and the exception that carries it.
// A user's own exception passes through unchanged.

#include <beat/base/config.hpp>
#include <string>
#include <system_error>
#include <type_traits>

namespace beat::inline v0 {

/// What went wrong.
enum class errc {
  invalid_argument = 1,
  pool_shutdown,
  cancelled,
  self_wait,
  size_mismatch,
  no_state,
  queue_full,
  thread_creation_failed,
  not_supported,
  overloaded,
  abandoned,
  elements_failed,
  deadline_exceeded,
};

}  // namespace beat::inline v0

template <>
struct std::is_error_code_enum<beat::errc> : std::true_type {};

namespace beat::inline v0 {

namespace detail {

class error_category_type final : public std::error_category {
 public:
  [[nodiscard]] char const* name() const noexcept override { return "beat"; }

  [[nodiscard]] std::string message(int code) const override {
    switch (static_cast<errc>(code)) {
      case errc::invalid_argument:
        return "An argument is outside its documented range; pass a value within it.";
      case errc::pool_shutdown:
        return "The pool is shutting down and takes no new work; submit before its shutdown begins, or to another "
               "pool.";
      case errc::cancelled:
        return "The work was cancelled before it finished; catch this where a stop was requested, or do not request "
               "one.";
      case errc::self_wait:
        return "A task waits for its own completion, which cannot come; wait from outside of that task.";
      case errc::size_mismatch:
        return "Two ranges that belong together differ in size; pass ranges of the same size.";
      case errc::no_state:
        return "The object refers to no task: it is default-constructed, moved from or already consumed; "
               "check valid() before using it.";
      case errc::queue_full:
        return "The queue is full; try again later, or give the pool a larger queue.";
      case errc::thread_creation_failed:
        return "The system refused to start a thread; ask for fewer workers, or raise the limit on threads.";
      case errc::not_supported:
        return "This machine or this build does not offer the requested feature; do without it, or enable it.";
      case errc::overloaded:
        return "The pool takes no further work at present; try again later, or do the work where it was to be "
               "submitted.";
      case errc::abandoned:
        return "Whoever was to give the result is gone without one; set a value or an exception before the promise "
               "ends.";
      case errc::elements_failed:
        return "Elements of a loop failed; catch a beat::aggregate_error, which has their exceptions.";
      case errc::deadline_exceeded:
        return "The task's deadline passed before it could start, and so it never ran; give it more time, or the pool "
               "less to do.";
    }
    return "This number is no beat error code; compare with the values of beat::errc.";
  }
};

// Never destroyed: a pool with static storage may still report an error while the program exits.
union error_category_storage {
  constexpr error_category_storage() noexcept : category{} {}
  ~error_category_storage() {}
  error_category_type category;
};

inline constinit error_category_storage const error_category_instance{};

}  // namespace detail

/// The category of every errc; its name is "beat".
[[nodiscard]] inline std::error_category const& category() noexcept { return detail::error_category_instance.category; }

/// Converts an errc; found by std::error_code, so that `code == beat::errc::cancelled` works.
[[nodiscard]] inline std::error_code make_error_code(errc code) noexcept {
  return {static_cast<int>(code), category()};
}

/// The exception for every errc.
class error : public std::system_error {
 public:
  explicit error(errc code) : std::system_error{make_error_code(code)} {}

  /// Puts `what` in front of the code's own sentence.
  error(errc code, std::string const& what) : std::system_error{make_error_code(code), what} {}
};

namespace detail {

[[noreturn]] BEAT_NO_INLINE inline void throw_error(errc code, char const* message) { throw error{code, message}; }

}  // namespace detail

}  // namespace beat::inline v0
