// SPDX-License-Identifier: MIT
// From oneTBB.

#include <beat.hpp>

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory_resource>
#include <numeric>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

#include "check.hpp"
#if THEIRS
#include <oneapi/tbb.h>
#include <oneapi/tbb/scalable_allocator.h>
#endif

namespace {

int square(int i) { return i * i; }

void pools() {
  int answer = 0;
  // -- Four threads, and work that uses them
#if THEIRS
  tbb::task_arena arena{4};
  arena.execute([&] { answer += square(3); });
#endif
  // -- beat
  beat::ThreadPool pool{4};
  pool.run([&] { answer += square(3); });
  // --
  expect(answer == 9 * times, "run");

  std::atomic<int> done{0};
  // -- A task that nobody waits for
#if THEIRS
  arena.enqueue([&] { ++done; });
#endif
  // -- beat
  pool.post([&] { ++done; });
  // --

  // -- ... that comes before others
#if THEIRS
  tbb::task_arena urgent{4, 1, tbb::task_arena::priority::high};
  urgent.enqueue([&] { ++done; });
#endif
  // -- beat
  pool.post([&] { ++done; }, {.priority = beat::priority::high});
  // --
  pool.wait();
  while (done != 2 * times) std::this_thread::yield();

  // -- How many threads there are
#if THEIRS
  int const threads = tbb::info::default_concurrency();
#endif
  // -- beat
  unsigned const workers = beat::usable_cpus();
  // --
#if THEIRS
  expect(threads > 0, "concurrency");
#endif
  expect(workers > 0, "CPUs");
}

void loops(beat::ThreadPool& pool) {
  std::vector<int> v(1000);
  std::size_t const n = v.size();
  // -- A loop over indices
#if THEIRS
  tbb::parallel_for(std::size_t{0}, n, [&](std::size_t i) { v[i] += 1; });
#endif
  // -- beat
  beat::parallel_for(pool, 0, n, [&](std::size_t i) { v[i] += 1; });
  // --

  // -- ... in blocks of about 64
#if THEIRS
  tbb::parallel_for(
      tbb::blocked_range<std::size_t>{0, n, 64},
      [&](tbb::blocked_range<std::size_t> const& r) {
        for (std::size_t i = r.begin(); i != r.end(); ++i) v[i] += 1;
      },
      tbb::simple_partitioner{});
#endif
  // -- beat
  beat::parallel_for(pool, 0, n, [&](std::size_t i) { v[i] += 1; }, {.chunks = beat::chunks::grain<64>});
  // --

  // -- ... over a container
#if THEIRS
  tbb::parallel_for_each(v.begin(), v.end(), [](int& i) { i += 1; });
#endif
  // -- beat
  beat::parallel_for_each(pool, v, [](int& i) { i += 1; });
  // --
  expect(std::count(v.begin(), v.end(), 3 * times) == 1000, "loops");

  std::vector<int> matrix(20 * 30);
  // -- ... over two dimensions, in tiles
#if THEIRS
  tbb::parallel_for(tbb::blocked_range2d<std::size_t>{0, 20, 0, 30}, [&](auto const& r) {
    for (std::size_t row = r.rows().begin(); row != r.rows().end(); ++row)
      for (std::size_t column = r.cols().begin(); column != r.cols().end(); ++column) matrix[row * 30 + column] += 1;
  });
#endif
  // -- beat
  beat::parallel_for(pool, {20, 30}, [&](std::size_t row, std::size_t column) { matrix[row * 30 + column] += 1; });
  // --
  expect(std::count(matrix.begin(), matrix.end(), times) == 600, "tiles");

  // -- A loop that can be stopped
#if THEIRS
  tbb::task_group_context context;
  tbb::parallel_for(
      std::size_t{0}, n,
      [&](std::size_t i) {
        if (v[i] < 0) context.cancel_group_execution();
      },
      context);
#endif
  // -- beat
  std::stop_source source;
  beat::parallel_for(pool, 0, n,
                     [&](std::size_t i) {
                       if (v[i] < 0) source.request_stop();
                     },
                     {.stop = source.get_token()});
  // --
}

void reductions(beat::ThreadPool& pool) {
  std::vector<int> v(1000);
  std::iota(v.begin(), v.end(), 0);
  int sum = 0;
  // -- A sum of squares
#if THEIRS
  sum += tbb::parallel_reduce(
      tbb::blocked_range<std::size_t>{0, v.size()}, 0,
      [&](tbb::blocked_range<std::size_t> const& r, int part) {
        for (std::size_t i = r.begin(); i != r.end(); ++i) part += square(v[i]);
        return part;
      },
      std::plus{});
#endif
  // -- beat
  sum += beat::parallel_reduce(pool, v, 0, std::plus{}, square);
  // --
  expect(sum == 332'833'500 * times, "a sum");

  std::vector<double> x(1000, 0.1);
  // -- ... with the same bits each time
#if THEIRS
  double const theirs = tbb::parallel_deterministic_reduce(
      tbb::blocked_range<std::size_t>{0, x.size()}, 0.0,
      [&](tbb::blocked_range<std::size_t> const& r, double part) {
        return std::accumulate(x.begin() + std::ptrdiff_t(r.begin()), x.begin() + std::ptrdiff_t(r.end()), part);
      },
      std::plus{});
#endif
  // -- beat
  double const ours = beat::parallel_deterministic_reduce(pool, x, 0.0);
  // --
#if THEIRS
  expect(theirs > 99.9 && theirs < 100.1, "theirs");
#endif
  expect(ours > 99.9 && ours < 100.1, "ours");

  std::vector<int> sums(v.size());
  // -- Running sums
#if THEIRS
  tbb::parallel_scan(
      tbb::blocked_range<std::size_t>{0, v.size()}, 0,
      [&](tbb::blocked_range<std::size_t> const& r, int part, bool is_final) {
        for (std::size_t i = r.begin(); i != r.end(); ++i) {
          part += v[i];
          if (is_final) sums[i] = part;
        }
        return part;
      },
      std::plus{});
#endif
  // -- beat
  beat::parallel_inclusive_scan(pool, v, sums);
  // --
  expect(sums.back() == 499'500, "sums");

  // -- Sort
#if THEIRS
  tbb::parallel_sort(v.begin(), v.end(), std::greater{});
#endif
  // -- beat
  beat::parallel_sort(pool, v, std::greater{});
  // --
  expect(v.front() == 999, "sort");
}

void tasks(beat::ThreadPool& pool) {
  std::atomic<int> a{0}, b{0};
  // -- Two calls at a time
#if THEIRS
  tbb::parallel_invoke([&] { a += 1; }, [&] { b += 2; });
#endif
  // -- beat
  pool.run([&] { beat::join([&] { a += 1; }, [&] { b += 2; }); });
  // --
  expect(a == times && b == 2 * times, "join");

  // -- As many as it takes
#if THEIRS
  tbb::task_group theirs;
  for (int i = 0; i < 10; ++i) theirs.run([&] { a += 1; });
  theirs.wait();
#endif
  // -- beat
  beat::task_group group{pool};
  for (int i = 0; i < 10; ++i) group.run([&] { a += 1; });
  group.wait();
  // --
  expect(a == 11 * times, "a group");
}

void pipelines(beat::ThreadPool& pool) {
  int next = 0, sum = 0;
  // -- Stages, with at most 16 values on the way
#if THEIRS
  tbb::parallel_pipeline(
      16, tbb::make_filter<void, int>(tbb::filter_mode::serial_in_order,
                                      [&](tbb::flow_control& control) {
                                        if (next == 100) control.stop();
                                        return next++;
                                      }) &
              tbb::make_filter<int, int>(tbb::filter_mode::parallel, &square) &
              tbb::make_filter<int, void>(tbb::filter_mode::serial_in_order, [&](int value) { sum += value; }));
#endif
  next = 0;
  // -- beat
  beat::pipeline stages{[&]() -> std::optional<int> {
                          if (next == 100) return std::nullopt;
                          return next++;
                        },
                        beat::parallel(square), beat::serial_in_order([&](int value) { sum += value; })};
  stages.run(pool, {.tokens = 16});
  // --
  expect(sum == 328'350 * times, "a pipeline");
}

void graphs(beat::ThreadPool& pool) {
  std::atomic<int> order{0};
  // -- Steps that wait for others
#if THEIRS
  tbb::flow::graph theirs;
  using message = tbb::flow::continue_msg;
  tbb::flow::continue_node<message> first{theirs, [&](message const&) { order += 1; }};
  tbb::flow::continue_node<message> second{theirs, [&](message const&) { order += 10; }};
  tbb::flow::make_edge(first, second);
  first.try_put(message{});
  theirs.wait_for_all();
#endif
  // -- beat
  beat::graph steps;
  auto [one, two] = steps.add([&] { order += 1; }, [&] { order += 10; });
  one.before(two);
  steps.run(pool);
  // --
  expect(order == 11 * times, "a graph");
}

void memory() {
  // -- Memory for many threads
#if THEIRS
  std::vector<int, tbb::scalable_allocator<int>> theirs(100);
#endif
  // -- beat
  beat::slab_resource resource;
  std::pmr::vector<int> ours(100, &resource);
  // --
  expect(ours.size() == 100, "memory");
#if THEIRS
  expect(theirs.size() == 100, "their memory");
#endif
}

}  // namespace

int main() {
  beat::ThreadPool pool;
  pools();
  loops(pool);
  reductions(pool);
  tasks(pool);
  pipelines(pool);
  graphs(pool);
  memory();
  std::puts(THEIRS ? "oneTBB and beat gave the same" : "beat gave what was expected");
}
