// SPDX-License-Identifier: MIT
// oneTBB: parallel_scan, whose body sums up where it looks ahead, and writes where it need not.

#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/parallel_scan.h>

#include <functional>
#include <numeric>

#include "problem.hpp"
#include "suite/tbb_arena.hpp"

namespace {

void tbb_scan(benchmark::State& state) {
  suite::tbb_arena arena{state.range(0)};
  scan::measure(state, [&](auto const& x, auto& y) {
    arena.run([&x, &y] {
      return tbb::parallel_scan(
          tbb::blocked_range<std::size_t>{0, scan::size}, 0.0,
          [from = x.data(), to = y.data()](tbb::blocked_range<std::size_t> const& part, double sum, bool is_final) {
            if (!is_final) return std::reduce(from + part.begin(), from + part.end(), sum);
            for (std::size_t i = part.begin(); i != part.end(); ++i) to[i] = sum += from[i];
            return sum;
          },
          std::plus<>{});
    });
  });
}
BENCHMARK(tbb_scan)->Apply(scan::with_workers);

}  // namespace
