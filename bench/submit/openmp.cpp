// SPDX-License-Identifier: MIT
// OpenMP: tasks made by one or by both threads of a team.

#include "problem.hpp"
#include "suite/openmp_team.hpp"

namespace {

submit::tally done;

void openmp(benchmark::State& state) {
  int const threads = suite::openmp_team(state.range(1));
  auto const producers = static_cast<int>(state.range(0));
  long expected = 0;
  for (auto _ : state) {
    auto const start = std::chrono::steady_clock::now();
#pragma omp parallel num_threads(threads)
    if (omp_get_thread_num() < producers)
      for (long i = 0; i < submit::tasks / producers; ++i) {
#pragma omp task default(none) shared(done)
        done.count();
      }
    std::chrono::duration<double> const time = std::chrono::steady_clock::now() - start;
    state.SetIterationTime(time.count() / submit::tasks);
    if (done.total() != (expected += submit::tasks)) state.SkipWithError("some tasks were not run");
  }
}
BENCHMARK(openmp)->Apply(submit::with_producers);

}  // namespace
