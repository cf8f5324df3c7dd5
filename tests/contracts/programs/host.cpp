// SPDX-License-Identifier: MIT
// Loads and unloads a library that uses beat, beside a pool of its own: it is gone each time that all threads have
// ended which used it, and leaves no memory behind.

#include <beat.hpp>
#include <cstdio>
#include <thread>
#include <vector>

#include "library.hpp"
#include "stress/stress.hpp"

namespace {

void use(library const& plugin) {
  if (!plugin.succeeds("pool_works")) fail("wrong result");
}

/// Loads and unloads it so often, with many tasks in between.
void use_much(char const* path, int times) {
  for (int i = 0; i < times; ++i) {
    library const plugin{path};
    std::thread{[&] {
      if (!plugin.succeeds("many_tasks_run")) fail("wrong result");
    }}.join();
  }
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
    library{path};  // what its last thread kept beyond an unload goes with the next one
    expect_unloaded(path);
  }
  use_much(path, 10);
  long const memory = stress::of_this_process("VmRSS");
  use_much(path, 40);
  // A sanitizer keeps what was freed for a while.
  if (!build_kind::is_sanitized && stress::of_this_process("VmRSS") > memory + 10'000) fail("memory is left behind");
  beat::ThreadPool pool{2};
  beat::parallel_for(pool, 0, 20, [path](int) { use(library{path}); });  // this thread keeps it from now on
  std::puts("loaded and unloaded");
}
