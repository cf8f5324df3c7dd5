// SPDX-License-Identifier: MIT
// oneTBB: a loop over parts, each searched by std::find unless it lies behind what was found; with a grain for which
// its tasks cost little.

#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/parallel_for.h>

#include <algorithm>
#include <atomic>

#include "problem.hpp"
#include "suite/tbb_arena.hpp"

namespace {

void tbb_parallel_for(benchmark::State& state) {
  suite::tbb_arena arena{state.range(1)};
  find::measure(state, [&](std::vector<int> const& x, int match) {
    std::atomic<int> best{find::size};
    arena.run([&] {
      tbb::parallel_for(tbb::blocked_range<int>{0, find::size, 10'000}, [&](tbb::blocked_range<int> const& part) {
        int least = best.load(std::memory_order_relaxed);
        if (least <= part.begin()) return;
        auto const found = std::find(x.begin() + part.begin(), x.begin() + part.end(), match);
        auto const at = static_cast<int>(found - x.begin());
        if (at == part.end()) return;
        while (at < least && !best.compare_exchange_weak(least, at, std::memory_order_relaxed)) {
        }
      });
    });
    return x.begin() + best.load(std::memory_order_relaxed);
  });
}
BENCHMARK(tbb_parallel_for)->Apply(find::with_workers);

}  // namespace
