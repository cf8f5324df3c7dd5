// SPDX-License-Identifier: MIT
// std::async: both halves by std::sort, one of them on a thread that is started for it, and a merge.

#include <future>

#include "problem.hpp"
#include "suite/suite.hpp"

namespace {

void std_async(benchmark::State& state) {
  suite::pin(0);
  sort::measure(state, [](std::vector<double>& values) {
    auto const middle = values.begin() + sort::size / 2;
    auto upper = std::async(std::launch::async, [&] {
      suite::pin(1);
      std::sort(middle, values.end());
    });
    std::sort(values.begin(), middle);
    upper.get();
    std::inplace_merge(values.begin(), middle, values.end());
  });
}
BENCHMARK(std_async)->ArgName("workers")->Arg(2)->Unit(benchmark::kMillisecond)->UseManualTime();

}  // namespace
