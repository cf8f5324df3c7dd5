// SPDX-License-Identifier: MIT
// beat: post, submit with the result of each task awaited, and a task_group.

#include "problem.hpp"
#include "suite/beat_pool.hpp"

namespace {

[[maybe_unused]] bool const prepared = suite::prepare([] { suite::use_ordinary_priority(); });

submit::tally done;

void beat_post(benchmark::State& state) {
  suite::beat_pool pool{state.range(1)};
  submit::measure(
      state, done, submit::tasks,
      [&](long n) {
        for (long i = 0; i < n; ++i) (*pool).post([] { done.count(); });
      },
      [&] { (*pool).wait(); });
}
BENCHMARK(beat_post)->Apply(submit::with_producers);

void beat_submit(benchmark::State& state) {
  suite::beat_pool pool{state.range(1)};
  submit::measure(
      state, done, submit::tasks,
      [&](long n) {
        std::vector<beat::future<void>> results;
        results.reserve(static_cast<std::size_t>(n));
        for (long i = 0; i < n; ++i) results.push_back((*pool).submit([] { done.count(); }));
        for (beat::future<void>& result : results) result.get();
      },
      [] {});
}
BENCHMARK(beat_submit)->Apply(submit::with_producers);

void beat_group(benchmark::State& state) {
  suite::beat_pool pool{state.range(1)};
  submit::measure(
      state, done, submit::tasks,
      [&](long n) {
        beat::task_group group{*pool};
        for (long i = 0; i < n; ++i) group.run([] { done.count(); });
        group.wait();
      },
      [] {});
}
BENCHMARK(beat_group)->Apply(submit::with_producers);

}  // namespace
