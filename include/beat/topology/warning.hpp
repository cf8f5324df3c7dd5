#pragma once
// SPDX-License-Identifier: MIT
// How beat tells that it goes on without something: a discovery that failed, a setting that makes no sense.

#include <beat/base/error.hpp>
#include <functional>
#include <string>
#include <string_view>

namespace beat::inline v0 {

/// Is told in words what was ignored and what is used instead, on the thread that calls beat. Empty: nobody is told.
using warning_hook = std::function<void(std::string_view)>;

namespace detail {

inline void warn(warning_hook const& hook, std::string_view text) {
  if (hook) {
    hook(text);
  }
}

// What an error adds to the sentence of its code.
[[nodiscard]] inline std::string reason(error const& failure) {
  std::string text = failure.what();
  std::string const sentence = ": " + failure.code().message();
  if (text.ends_with(sentence)) {
    text.resize(text.size() - sentence.size());
  }
  return text;
}

}  // namespace detail

}  // namespace beat::inline v0
