// SPDX-License-Identifier: MIT
// Uses and destroys a pool of objects which a library has made, beside pools of its own: the two may have variables of
// their own by which a thread finds what it keeps of a pool.

#include <cstdio>
#include <memory>
#include <set>
#include <thread>

#include <beat/memory/object_pool.hpp>

#include "library.hpp"

namespace {

constexpr int objects = 1000;

template <class T>
void use(beat::object_pool<T>& pool, std::set<void const*>& places) {
  std::set<T*> made;
  for (int i = 0; i < objects; ++i) made.insert(pool.allocate());
  places.insert(made.begin(), made.end());
  for (T* const each : made) pool.deallocate(each);
}

}  // namespace

int main(int, char** arguments) {
  // It stays: what it knows of its pools, some hundred bytes, stays allocated when it goes.
  static library const& maker = *new library{arguments[1]};
  std::unique_ptr<beat::object_pool<int>> const ints{maker.call<beat::object_pool<int>*>("make_object_pool")};
  auto const longs = std::make_unique<beat::object_pool<long>>();
  auto const doubles = std::make_unique<beat::object_pool<double>>();
  for (int round = 0; round < 2; ++round) {
    std::set<void const*> places;
    std::thread{[&] {
      use(*longs, places);
      use(*ints, places);
      use(*doubles, places);
    }}.join();
    if (places.size() != 3 * objects) fail("two pools gave out the same memory");
  }
  if (ints->usage().blocks_in_use != 0 || longs->usage().blocks_in_use != 0) fail("an object went to another pool");
  std::puts("pools are apart");
}
