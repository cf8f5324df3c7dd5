// SPDX-License-Identifier: MIT
// std::find; and the making of the numbers.

#include <algorithm>

#include "problem.hpp"

namespace {

[[maybe_unused]] bool const prepared = suite::prepare([] { find::inputs(); });

void serial(benchmark::State& state) {
  suite::pin(0);
  find::measure(state, [](std::vector<int> const& x, int match) { return std::find(x.begin(), x.end(), match); });
}
BENCHMARK(serial)->Apply(find::with_matches);

}  // namespace
