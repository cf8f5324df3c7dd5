// SPDX-License-Identifier: MIT
// std::async: a thread that is started for the work.

#include <future>

#include "problem.hpp"
#include "suite/suite.hpp"

namespace {

void std_async(benchmark::State& state) {
  suite::pin(0);
  wake::measure(state, [](auto work) {
    suite::unpin();
    auto const result = std::async(std::launch::async, work);
    suite::pin(0);
  });
}
WAKE_BENCHMARK(std_async);

}  // namespace
