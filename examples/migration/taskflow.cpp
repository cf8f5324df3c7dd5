// SPDX-License-Identifier: MIT
// From Taskflow. Its side is compiled where its headers are found.

#include <beat.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <functional>
#include <iostream>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include "check.hpp"
#if THEIRS
#include <taskflow/algorithm/for_each.hpp>
#include <taskflow/algorithm/pipeline.hpp>
#include <taskflow/algorithm/reduce.hpp>
#include <taskflow/algorithm/sort.hpp>
#include <taskflow/taskflow.hpp>
#endif

namespace {

int square(int i) { return i * i; }

// -- A recursive function that is parallel
#if THEIRS
int their_fib(int n, tf::Subflow& subflow) {
  if (n < 2) return n;
  int left = 0, right = 0;
  subflow.emplace([&](tf::Subflow& s) { left = their_fib(n - 1, s); });
  subflow.emplace([&](tf::Subflow& s) { right = their_fib(n - 2, s); });
  subflow.join();
  return left + right;
}
#endif
// -- beat
int fib(int n) {
  if (n < 2) return n;
  auto [left, right] = beat::join([&] { return fib(n - 1); }, [&] { return fib(n - 2); });
  return left + right;
}
// --

void graphs() {
  std::atomic<int> order{0};
  // -- Steps that wait for others
#if THEIRS
  tf::Executor executor{4};
  tf::Taskflow flow;
  auto [a, b, c] = flow.emplace([&] { order += 1; }, [&] { order += 10; }, [&] { order += 100; });
  a.precede(b, c);
  executor.run(flow).wait();
#endif
  // -- beat
  beat::ThreadPool pool{4};
  beat::graph steps;
  auto [one, two, three] = steps.add([&] { order += 1; }, [&] { order += 10; }, [&] { order += 100; });
  one.before(two, three);
  steps.run(pool);
  // --
  expect(order == 111 * times, "a graph");

  // -- ... again
#if THEIRS
  executor.run_n(flow, 2).wait();
#endif
  // -- beat
  for (int i = 0; i < 2; ++i) steps.run(pool);
  // --
  expect(order == 333 * times, "again");

  int count = 0;
  // -- A condition, which says what comes next
#if THEIRS
  tf::Taskflow loop;
  auto [begin, body, go_on, end] = loop.emplace([] {}, [&] { ++count; }, [&] { return count % 3 == 0 ? 1 : 0; }, [] {});
  begin.precede(body);
  body.precede(go_on);
  go_on.precede(body, end);
  executor.run(loop).wait();
#endif
  // -- beat
  beat::graph cycle;
  auto [first, work, last] = cycle.add([] {}, [&] { ++count; }, [] {});
  first.before(work);
  cycle.add_condition([&] { return count % 3 == 0 ? 1 : 0; }).after(work).before(work, last);
  cycle.run(pool);
  // --
  expect(count == 3 * times, "a condition");

  beat::graph inner;
  inner.add([&] { ++count; });
  // -- A graph inside of another
#if THEIRS
  tf::Taskflow outer;
  outer.composed_of(loop);
#endif
  // -- beat
  beat::graph whole;
  whole.add(std::move(inner));
  // --
  whole.run(pool);
  expect(count == 3 * times + 1, "a graph in a graph");

  // -- A picture of it, for dot
#if THEIRS
  flow.dump(std::cout);
#endif
  // -- beat
  std::cout << steps.to_dot();
  // --
}

void tasks() {
  beat::ThreadPool pool{4};
#if THEIRS
  tf::Executor executor{4};
#endif
  int sum = 0;
  // -- A task and its result
#if THEIRS
  std::future<int> theirs = executor.async([] { return square(3); });
  sum += theirs.get();
#endif
  // -- beat
  beat::future<int> nine = pool.submit([] { return square(3); });
  sum += nine.get();
  // --
  expect(sum == 9 * times, "submit");

  std::atomic<int> done{0};
  // -- A task that nobody waits for, and all of them
#if THEIRS
  executor.silent_async([&] { ++done; });
  executor.wait_for_all();
#endif
  // -- beat
  pool.post([&] { ++done; });
  pool.wait();
  // --
  expect(done == times, "post");
  expect(pool.run([] { return fib(15); }) == 610, "fib");
#if THEIRS
  tf::Taskflow flow;
  int result = 0;
  flow.emplace([&](tf::Subflow& s) { result = their_fib(15, s); });
  executor.run(flow).wait();
  expect(result == 610, "their fib");
#endif
}

void algorithms() {
  beat::ThreadPool pool{4};
  std::vector<int> v(1000, 2);
  int sum = 0;
#if THEIRS
  tf::Executor executor{4};
  tf::Taskflow flow;
#endif
  // -- A loop
#if THEIRS
  flow.for_each_index(0, 1000, 1, [&](int i) { v[std::size_t(i)] += 1; });
  executor.run(flow).wait();
#endif
  // -- beat
  beat::parallel_for(pool, 0, 1000, [&](int i) { v[std::size_t(i)] += 1; });
  // --
  expect(v[7] == 2 + times, "a loop");
  std::iota(v.begin(), v.end(), 0);
#if THEIRS
  flow.clear();
#endif
  // -- A sum of squares
#if THEIRS
  flow.transform_reduce(v.begin(), v.end(), sum, std::plus<int>{}, square);
  executor.run(flow).wait();
#endif
  // -- beat
  sum += beat::parallel_reduce(pool, v, 0, std::plus{}, square);
  // --
  expect(sum == 332'833'500 * times, "a sum");
#if THEIRS
  flow.clear();
#endif
  // -- Sort
#if THEIRS
  flow.sort(v.begin(), v.end(), std::greater<int>{});
  executor.run(flow).wait();
#endif
  // -- beat
  beat::parallel_sort(pool, v, std::greater{});
  // --
  expect(v.front() == 999, "sort");
}

void pipelines() {
  beat::ThreadPool pool{4};
  int sum = 0;
  // -- Stages, with at most 16 values on the way
#if THEIRS
  std::array<int, 16> values;  // one for each line
  tf::Pipeline theirs{
      16,
      tf::Pipe{tf::PipeType::SERIAL,
               [&](tf::Pipeflow& line) {
                 if (line.token() == 100)
                   line.stop();
                 else
                   values[line.line()] = int(line.token());
               }},
      tf::Pipe{tf::PipeType::PARALLEL, [&](tf::Pipeflow& line) { values[line.line()] = square(values[line.line()]); }},
      tf::Pipe{tf::PipeType::SERIAL, [&](tf::Pipeflow& line) { sum += values[line.line()]; }}};
  tf::Executor executor{4};
  tf::Taskflow flow;
  flow.composed_of(theirs);
  executor.run(flow).wait();
#endif
  int next = 0;
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

}  // namespace

int main() {
  graphs();
  tasks();
  algorithms();
  pipelines();
  std::puts(THEIRS ? "Taskflow and beat gave the same" : "beat gave what was expected");
}
