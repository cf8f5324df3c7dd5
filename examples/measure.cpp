// SPDX-License-Identifier: MIT
// measure: what a function costs, by perf_counters, and how hard memory is pressed. A machine that can't tell says why.

#include <beat.hpp>

#include <algorithm>
#include <cstddef>
#include <iostream>
#include <numeric>
#include <random>
#include <vector>

namespace {

using beat::perf_event;

/// The same numbers are summed up twice, in order and out of order: what does the order cost?
void measure_memory_order(beat::perf_counters& counters) {
  std::vector<std::size_t> order(4'000'000);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::vector<long> const numbers(order.size(), 1);
  long sum = 0;
  auto const add_all = [&] {
    for (std::size_t const i : order) sum += numbers[i];
  };

  std::cout << "in order:     " << to_string(counters.measure(add_all)) << '\n';
  std::ranges::shuffle(order, std::mt19937{1});
  beat::perf_counts const counts = counters.measure(add_all);
  std::cout << "out of order: " << to_string(counts) << '\n';

  auto const& cycles = counts[perf_event::cycles];
  auto const& instructions = counts[perf_event::instructions];
  if (cycles && instructions && cycles->value != 0) {
    std::cout << "instructions per cycle: "
              << static_cast<double>(instructions->value) / static_cast<double>(cycles->value) << '\n';
  } else {
    std::cout << "cycles: " << counters.availability(perf_event::cycles) << '\n';
  }
  std::cout << "(sum " << sum << ")\n";
}

/// Caches are made smaller when memory is short. The callback runs on the monitor's own thread.
void watch_pressure() {
  beat::pressure_monitor monitor;
  auto const subscription = monitor.on_change([](beat::pressure_level level) {
    if (level >= beat::pressure_level::some) std::cerr << "memory is short: give some back\n";
  });
  beat::pressure_status const status = monitor.status();
  std::cout << "memory pressure: " << to_string(monitor.level()) << " (" << to_string(status.mode) << ": "
            << status.reason << ")\n";
  if (auto const reading = monitor.read()) {
    std::cout << "lost in each of the last 10 seconds: " << reading->some.avg10.count() << " us\n";
  }
}

}  // namespace

int main() {
  beat::perf_counters counters;  // of this thread
  measure_memory_order(counters);
  watch_pressure();
}
