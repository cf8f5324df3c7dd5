// SPDX-License-Identifier: MIT
// Loads two libraries that use beat, and unloads the one that made the first pool: the other one's pool still knows
// when it is in the child of a fork. The libraries share their variables where the compiler makes those unique.

#include <cstdio>
#include <thread>

#include "library.hpp"

int main(int, char** arguments) {
  library const stays{arguments[1]};
  {
    library const goes{arguments[2]};
    std::thread{[&] {
      if (!goes.succeeds("pool_is_closed_in_a_child")) fail("the first pool does not notice a fork");
    }}.join();
  }
  if (library::is_loaded(arguments[2])) fail("still loaded: this shows nothing");
  if (!stays.succeeds("pool_is_closed_in_a_child")) fail("the pool of the library that stays does not notice a fork");
  std::puts("forks are noticed");
}
