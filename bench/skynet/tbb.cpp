// SPDX-License-Identifier: MIT
// oneTBB: a task_group for each node, and a parallel_reduce for each node.

#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/parallel_reduce.h>
#include <oneapi/tbb/task_group.h>

#include <functional>

#include "problem.hpp"
#include "suite/tbb_arena.hpp"

namespace {

using skynet::children;

long sum_group(long first, long size) {
  if (size == 1) return first;
  long const part = size / children;
  long sums[children];
  tbb::task_group group;
  for (long i = 1; i < children; ++i) group.run([=, &sums] { sums[i] = sum_group(first + i * part, part); });
  sums[0] = sum_group(first, part);
  group.wait();
  long total = 0;
  for (long const sum : sums) total += sum;
  return total;
}

long sum_reduce(long first, long size) {
  if (size == 1) return first;
  long const part = size / children;
  return tbb::parallel_reduce(
      tbb::blocked_range<long>{0, children}, 0L,
      [=](tbb::blocked_range<long> const& range, long total) {
        for (long i = range.begin(); i != range.end(); ++i) total += sum_reduce(first + i * part, part);
        return total;
      },
      std::plus<>{}, tbb::simple_partitioner{});
}

template <long (*Sum)(long, long)>
void on_workers(benchmark::State& state) {
  suite::tbb_arena arena{state.range(0)};
  for (auto _ : state) skynet::check(state, arena.run([] { return Sum(0, skynet::leaves); }));
}
BENCHMARK(on_workers<sum_group>)->Name("tbb_group")->Apply(skynet::with_workers);
BENCHMARK(on_workers<sum_reduce>)->Name("tbb_reduce")->Apply(skynet::with_workers);

}  // namespace
