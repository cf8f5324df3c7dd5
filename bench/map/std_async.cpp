// SPDX-License-Identifier: MIT
// std::async: a part for each worker, the first of which runs here and the others on threads that are started for them.

#include <future>

#include "problem.hpp"
#include "suite/suite.hpp"

namespace {

void std_async(benchmark::State& state) {
  auto const workers = static_cast<unsigned>(state.range(0));
  map::arrays arrays{state};
  double const* const in = arrays.in.data();
  double* const out = arrays.out.data();
  auto const part = [=](unsigned index) {
    suite::pin(index);
    std::size_t const first = map::size * index / workers, last = map::size * (index + 1) / workers;
    std::transform(in + first, in + last, out + first, map::image);
  };
  for (auto _ : state) {
    std::vector<std::future<void>> others;
    for (unsigned i = 1; i < workers; ++i) others.push_back(std::async(std::launch::async, part, i));
    part(0);
    for (std::future<void>& other : others) other.get();
    benchmark::ClobberMemory();
  }
}
BENCHMARK(std_async)->Apply(map::with_workers);

}  // namespace
