// SPDX-License-Identifier: MIT
// object_pool: objects made by one thread and destroyed by another, and standard containers in memory of a
// slab_resource.

#include <beat.hpp>

#include <atomic>
#include <iostream>
#include <memory_resource>
#include <string>
#include <unordered_map>
#include <utility>

namespace {

struct order {
  int number;
  std::pmr::string customer;
};

/// One thread makes orders, and whoever runs a task destroys one. Free memory finds its way back to the maker.
bool pass_objects_on(beat::ThreadPool& pool) {
  beat::slab_resource names;        // for what the objects hold
  beat::object_pool<order> orders;  // for the objects; must outlive them
  std::atomic<long> sum{0};
  for (int number = 0; number < 10'000; ++number) {
    auto made = orders.make(number, std::pmr::string{"customer with a long name", &names});
    pool.post([&sum, order = std::move(made)] { sum += order->number; });
  }
  pool.wait();
  std::cout << "orders: sum " << sum << ", " << orders.usage().blocks_in_use << " in use, "
            << orders.usage().bytes_reserved << " bytes kept for the next ones";
  std::cout << ", " << orders.trim() << " of them given back\n";
  return sum == 10'000L * 9'999 / 2 && orders.usage().blocks_in_use == 0 && names.usage().blocks_in_use == 0;
}

/// Nodes of a container come from slabs; whoever asks for more than slabs are for gets it from the upstream.
bool fill_a_container() {
  beat::slab_resource memory;
  {
    std::pmr::unordered_map<int, std::pmr::string> names{&memory};  // gives `memory` to its strings, too
    for (int i = 0; i < 1000; ++i) names.emplace(i, "the name of number " + std::to_string(i));
    std::cout << "a map of " << names.size() << " strings: " << memory.usage().blocks_in_use << " blocks, "
              << memory.usage().bytes_in_use << " bytes\n";
    if (memory.usage().blocks_in_use < 2000) return false;
  }
  return memory.usage().blocks_in_use == 0;
}

}  // namespace

int main() {
  beat::ThreadPool pool{2};
  bool const as_expected = pass_objects_on(pool) && fill_a_container();
  std::cout << (as_expected ? "all memory came back\n" : "something is NOT as expected\n");
  return as_expected ? 0 : 1;
}
