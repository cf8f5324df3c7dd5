// SPDX-License-Identifier: MIT
// Loads and unloads a library that uses beat, beside a pool of its own: it is gone each time that all threads have
// ended which used it.

#include <beat.hpp>
#include <thread>
#include <vector>

#include "library.hpp"

namespace {

void use(library const& plugin) {
  if (!plugin.succeeds("pool_works")) fail("wrong result");
}

void expect_unloaded(char const* path) {
  if (library::is_loaded(path)) fail("still loaded");
}

}  // namespace

int main(int, char** arguments) {
  char const* const path = arguments[1];
  for (int i = 0; i < 20; ++i) {
    {
      library const plugin{path};
      std::thread{[&] { use(plugin); }}.join();
    }
    expect_unloaded(path);
  }
  for (int i = 0; i < 5; ++i) {
    std::vector<std::thread> threads;
    for (int k = 0; k < 4; ++k) threads.emplace_back([path] { use(library{path}); });
    for (std::thread& t : threads) t.join();
    library{path};  // a library that its last thread kept goes with the next one that does
    expect_unloaded(path);
  }
  beat::ThreadPool pool{2};
  beat::parallel_for(pool, 0, 20, [path](int) { use(library{path}); });  // this thread keeps it from now on
  std::puts("loaded and unloaded");
}
