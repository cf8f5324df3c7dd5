#pragma once
// SPDX-License-Identifier: MIT
// What the programs share that load libraries which use beat.

#include <dlfcn.h>

#include "fail.hpp"

/// A library that is loaded, by whoever makes this, and unloaded with it unless something else keeps it.
class library {
 public:
  explicit library(char const* path) : handle_{::dlopen(path, RTLD_NOW | RTLD_LOCAL)} {
    if (handle_ == nullptr) fail(::dlerror());
  }
  ~library() { ::dlclose(handle_); }
  library(library const&) = delete;
  library& operator=(library const&) = delete;

  /// Calls a function of plugin.cpp.
  template <class Result>
  Result call(char const* function) const {
    auto const f = reinterpret_cast<Result (*)()>(::dlsym(handle_, function));
    if (f == nullptr) fail(::dlerror());
    return f();
  }
  bool succeeds(char const* function) const { return call<bool>(function); }

  static bool is_loaded(char const* path) {
    void* const found = ::dlopen(path, RTLD_NOW | RTLD_NOLOAD);
    if (found != nullptr) ::dlclose(found);
    return found != nullptr;
  }

 private:
  void* const handle_;
};
