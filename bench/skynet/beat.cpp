// SPDX-License-Identifier: MIT
// beat: the children of a node halved by join, down to one child a fork; and a parallel_reduce for each node.

#include <functional>
#include <ranges>

#include "problem.hpp"
#include "suite/beat_pool.hpp"

namespace {

using skynet::children;

long sum_join(long first, long size);

/// The sum of the first `Count` of several siblings that have `part` leaves each.
template <long Count>
long sum_siblings(long first, long part) {
  if constexpr (Count == 1) {
    return sum_join(first, part);
  } else {
    constexpr long half = Count / 2;
    auto const [left, right] = beat::join([=] { return sum_siblings<half>(first, part); },
                                          [=] { return sum_siblings<Count - half>(first + half * part, part); });
    return left + right;
  }
}

long sum_join(long first, long size) { return size == 1 ? first : sum_siblings<children>(first, size / children); }

long sum_reduced_children(long first, long part);

long sum_reduce(long first, long size) { return size == 1 ? first : sum_reduced_children(first, size / children); }

long sum_reduced_children(long first, long part) {
  return beat::parallel_reduce(beat::here(), std::views::iota(0L, children), 0L, std::plus{},
                               [first, part](long i) { return sum_reduce(first + i * part, part); });
}

template <long (*Sum)(long, long)>
void on_workers(benchmark::State& state) {
  suite::beat_pool pool{state.range(0)};
  pool.run([&] {
    for (auto _ : state) skynet::check(state, Sum(0, skynet::leaves));
  });
}
BENCHMARK(on_workers<sum_join>)->Name("beat_join")->Apply(skynet::with_workers);
BENCHMARK(on_workers<sum_reduce>)->Name("beat_reduce")->Apply(skynet::with_workers);

}  // namespace
