// SPDX-License-Identifier: MIT
// beat: parallel_for from inside of a task, and from a thread outside that enters the pool each time.

#include <chrono>

#include "problem.hpp"
#include "suite/beat_pool.hpp"

namespace {

void beat_inside(benchmark::State& state) {
  suite::beat_pool pool{state.range(1)};
  region::numbers x{state};
  pool.run([&](beat::context where) {
    double* const data = x.data();
    for (auto _ : state) {
      beat::parallel_for(where, std::size_t{0}, x.size(), [data](std::size_t i) { data[i] += 1; });
      benchmark::ClobberMemory();
    }
  });
}
BENCHMARK(beat_inside)->Apply(region::sizes_on_two);

// Reports the median of single regions too.
void beat_outside(benchmark::State& state) {
  suite::beat_pool pool{state.range(1)};
  region::numbers x{state};
  double* const data = x.data();
  std::vector<double> times;
  times.reserve(1 << 20);
  for (auto _ : state) {
    auto const start = std::chrono::steady_clock::now();
    beat::parallel_for(*pool, std::size_t{0}, x.size(), [data](std::size_t i) { data[i] += 1; });
    std::chrono::duration<double, std::nano> const time = std::chrono::steady_clock::now() - start;
    if (times.size() < times.capacity()) times.push_back(time.count());
  }
  std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2), times.end());
  state.counters["p50_ns"] = times[times.size() / 2];
}
BENCHMARK(beat_outside)->Apply(region::sizes_on_two);

}  // namespace
