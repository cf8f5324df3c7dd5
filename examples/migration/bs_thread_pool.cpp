// SPDX-License-Identifier: MIT
// From BS::thread_pool (version 4 or 5). Its side is compiled where its header is found.

#include <beat.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <functional>
#include <future>
#include <vector>

#include "check.hpp"
#if THEIRS
#include <BS_thread_pool.hpp>
#endif

namespace {

using namespace std::chrono_literals;

int square(int i) { return i * i; }

}  // namespace

int main() {
  // -- Four threads
#if THEIRS
  BS::thread_pool theirs(4);
#endif
  // -- beat
  beat::ThreadPool pool{4};
  // --

  int sum = 0;
  // -- A task and its result
#if THEIRS
  std::future<int> their_nine = theirs.submit_task([] { return square(3); });
  sum += their_nine.get();
#endif
  // -- beat
  beat::future<int> nine = pool.submit([] { return square(3); });
  sum += nine.get();
  // --
  expect(sum == 9 * times, "submit");

  std::atomic<int> done{0};
  // -- A task that nobody waits for, and all of them
#if THEIRS
  theirs.detach_task([&] { ++done; });
  theirs.wait();
#endif
  // -- beat
  pool.post([&] { ++done; });
  pool.wait();
  // --
  expect(done == times, "post");

  // -- ... for some time
#if THEIRS
  bool const their_all = theirs.wait_for(1s);
#endif
  // -- beat
  bool const all = pool.wait_for(1s);
  // --
#if THEIRS
  expect(their_all, "their wait_for");
#endif
  expect(all, "wait_for");

  std::vector<int> v(1000);
  std::size_t const n = v.size();
  // -- A loop over indices
#if THEIRS
  theirs.submit_loop(std::size_t{0}, n, [&](std::size_t i) { v[i] += 1; }).wait();
#endif
  // -- beat
  beat::parallel_for(pool, 0, n, [&](std::size_t i) { v[i] += 1; });
  // --
  expect(std::count(v.begin(), v.end(), times) == 1000, "a loop");

  std::atomic<int> total{0};
  // -- A sum
#if THEIRS
  BS::multi_future<int> parts = theirs.submit_blocks(std::size_t{0}, n, [&](std::size_t begin, std::size_t end) {
    int part = 0;
    for (std::size_t i = begin; i != end; ++i) part += v[i];
    return part;
  });
  for (int const part : parts.get()) total += part;
#endif
  // -- beat
  total += beat::parallel_reduce(pool, v, 0);
  // --
  expect(total == 1000 * times * times, "a sum");

  // -- Some tasks, one for each number, and their results
#if THEIRS
  std::vector<int> their_squares = theirs.submit_sequence(0, 10, square).get();
#endif
  // -- beat
  std::vector<int> squares = beat::parallel_map(pool, std::views::iota(0, 10), square);
  // --
#if THEIRS
  expect(their_squares == squares, "their squares");
#endif
  expect(squares.back() == 81, "squares");

  // -- How many threads there are
#if THEIRS
  std::size_t const their_count = theirs.get_thread_count();
#endif
  // -- beat
  std::size_t const count = pool.workers();
  // --
#if THEIRS
  expect(their_count == 4, "their threads");
#endif
  expect(count == 4, "threads");

  // -- Another number of threads
#if THEIRS
  theirs.reset(2);
#endif
  // -- beat
  pool.resize(2);
  // --
  expect(pool.workers() == 2, "resize");

  // -- Drop what has not begun
#if THEIRS
  theirs.purge();
#endif
  // -- beat
  pool.shutdown(beat::shutdown_mode::stop);  // and takes no more; a stop token drops tasks one by one
  // --
  std::puts(THEIRS ? "BS::thread_pool and beat gave the same" : "beat gave what was expected");
}
