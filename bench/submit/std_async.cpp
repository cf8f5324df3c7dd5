// SPDX-License-Identifier: MIT
// std::async: a thread for each task, so only a hundredth of them.

#include <future>

#include "problem.hpp"

namespace {

submit::tally done;

void std_async(benchmark::State& state) {
  submit::measure(
      state, done, submit::tasks / 100,
      [](long n) {
        for (long i = 0; i < n; ++i) std::async(std::launch::async, [] { done.count(); }).get();
      },
      [] {});
}
BENCHMARK(std_async)->Apply(submit::with_producers);

}  // namespace
