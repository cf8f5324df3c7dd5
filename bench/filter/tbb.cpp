// SPDX-License-Identifier: MIT
// oneTBB: parallel_scan over the number of elements found, whose body counts where it looks ahead.

#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/parallel_scan.h>

#include <algorithm>
#include <functional>

#include "problem.hpp"
#include "suite/tbb_arena.hpp"

namespace {

void tbb_scan(benchmark::State& state) {
  suite::tbb_arena arena{state.range(0)};
  filter::measure(state, [&](auto const& x, auto& y) {
    arena.run([from = x.data(), to = y.data()] {
      return tbb::parallel_scan(
          tbb::blocked_range<std::size_t>{0, filter::size}, std::size_t{0},
          [=](tbb::blocked_range<std::size_t> const& part, std::size_t count, bool is_final) {
            auto const wanted = [](double value) { return filter::is_wanted(value); };
            double const* const first = from + part.begin();
            double const* const last = from + part.end();
            return is_final ? static_cast<std::size_t>(std::copy_if(first, last, to + count, wanted) - to)
                            : count + static_cast<std::size_t>(std::count_if(first, last, wanted));
          },
          std::plus<>{});
    });
  });
}
BENCHMARK(tbb_scan)->Apply(filter::with_workers);

}  // namespace
