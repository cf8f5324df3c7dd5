#pragma once
// SPDX-License-Identifier: MIT
// The aggregate error: what a loop throws that goes on when elements fail. It has the exceptions of all of them.

#include <cstddef>
#include <exception>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <beat/base/error.hpp>

namespace beat::inline v0 {

/// An element that failed, by its position, and why.
template <class E = std::exception_ptr>
struct element_error {
  std::size_t index;
  E error;
};

/// The exceptions of all elements that failed.
class aggregate_error : public error {
 public:
  /// Of so many elements these failed: at least one, in the order of their positions.
  aggregate_error(std::vector<element_error<>> errors, std::size_t elements)
      : error{errc::elements_failed, text_of(errors, elements)},
        errors_{std::make_shared<std::vector<element_error<>> const>(std::move(errors))},
        elements_{elements} {}

  /// In the order of their positions.
  [[nodiscard]] std::span<element_error<> const> errors() const noexcept { return *errors_; }

  /// How many elements there were, with those that did not fail.
  [[nodiscard]] std::size_t elements() const noexcept { return elements_; }

 private:
  static std::string text_of(std::span<element_error<> const> errors, std::size_t elements) {
    return std::to_string(errors.size()) + " of " + std::to_string(elements) + " elements failed, the first at index " +
           std::to_string(errors.front().index) + ": " + text_of(errors.front().error);
  }

  static std::string text_of(std::exception_ptr const& error) {
    try {
      std::rethrow_exception(error);
    } catch (std::exception const& e) {
      return e.what();
    } catch (...) {
      return "an exception that is no std::exception";
    }
  }

  std::shared_ptr<std::vector<element_error<>> const> errors_;  // shared, as exceptions are copied without failing
  std::size_t elements_;
};

}  // namespace beat::inline v0
