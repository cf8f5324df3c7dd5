// SPDX-License-Identifier: MIT
// Loads and unloads a library that uses beat, from threads that come and go, beside a pool of its own.

#include <dlfcn.h>

#include <beat.hpp>
#include <cstdio>
#include <cstdlib>
#include <thread>

namespace {

void use(char const* path) {
  void* const library = ::dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    std::puts(::dlerror());
    std::_Exit(1);
  }
  auto const run = reinterpret_cast<long (*)()>(::dlsym(library, "beat_test_plugin"));
  if (run == nullptr || run() != 500'501) {
    std::puts("wrong result");
    std::_Exit(1);
  }
  ::dlclose(library);
}

}  // namespace

int main(int, char** arguments) {
  char const* const path = arguments[1];
  for (int i = 0; i < 20; ++i) use(path);
  for (int i = 0; i < 20; ++i) std::thread{[path] { use(path); }}.join();
  beat::ThreadPool pool{2};
  beat::parallel_for(pool, 0, 20, [path](int) { use(path); });
  std::puts("loaded and unloaded");
}
