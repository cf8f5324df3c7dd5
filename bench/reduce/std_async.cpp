// SPDX-License-Identifier: MIT
// std::async: a part for each worker, the first of which runs here and the others on threads that are started for them.

#include <future>
#include <numeric>

#include "problem.hpp"
#include "suite/suite.hpp"

namespace {

void std_async(benchmark::State& state) {
  auto const workers = static_cast<unsigned>(state.range(0));
  double const* const x = reduce::inputs().data();
  auto const part = [=](unsigned index) {
    suite::pin(index);
    return std::reduce(x + reduce::size * index / workers, x + reduce::size * (index + 1) / workers);
  };
  for (auto _ : state) {
    std::vector<std::future<double>> others;
    for (unsigned i = 1; i < workers; ++i) others.push_back(std::async(std::launch::async, part, i));
    double sum = part(0);
    for (std::future<double>& other : others) sum += other.get();
    reduce::check(state, sum);
  }
}
BENCHMARK(std_async)->Apply(reduce::with_workers);

}  // namespace
