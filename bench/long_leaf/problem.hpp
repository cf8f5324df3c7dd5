#pragma once
// SPDX-License-Identifier: MIT
// long_leaf: two calls that spin for 50 ms each and never fork, so long after the runtime's last work. Another thread
// has to take the second one with no help from the first.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

namespace long_leaf {

using clock = std::chrono::steady_clock;
using milliseconds = std::chrono::duration<double, std::milli>;
inline constexpr std::chrono::milliseconds length{50};

/// Spins, and returns when it began.
inline clock::time_point leaf() {
  clock::time_point const start = clock::now();
  while (clock::now() - start < length) {
  }
  return start;
}

/// `both(f, g)` has to call both, potentially in parallel.
template <class Both>
void measure(benchmark::State& state, Both both) {
  std::vector<double> begins;
  double worst = 0;
  for (auto _ : state) {
    std::this_thread::sleep_for(std::chrono::milliseconds{state.range(0)});
    clock::time_point first, second;
    clock::time_point const start = clock::now();
    both([&] { first = leaf(); }, [&] { second = leaf(); });
    milliseconds const time = clock::now() - start;
    state.SetIterationTime(time.count() / 1e3);
    worst = std::max(worst, time.count());
    begins.push_back(milliseconds{std::max(first, second) - start}.count() * 1e3);
  }
  std::sort(begins.begin(), begins.end());
  state.counters["worst_ms"] = worst;
  state.counters["start_p50_us"] = begins[begins.size() / 2];
}

/// The arguments of every competitor: each time of idleness in milliseconds. Three rounds come to 51 of each.
inline void after_idleness(benchmark::internal::Benchmark* b) {
  b->ArgName("ms")->Arg(0)->Arg(5)->Arg(30)->Arg(1000)->Iterations(17)->Unit(benchmark::kMillisecond)->UseManualTime();
}

}  // namespace long_leaf
