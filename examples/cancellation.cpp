// SPDX-License-Identifier: MIT
// cancellation: what has not begun can be called off; what runs is asked, by a stop token, and decides itself.

#include <beat.hpp>

#include <atomic>
#include <chrono>
#include <iostream>
#include <latch>
#include <stop_token>
#include <thread>

namespace {

template <class F>
bool is_cancelled(F&& f) {
  try {
    f();
  } catch (beat::error const& e) {
    return e.code() == beat::errc::cancelled;
  }
  return false;
}

/// A task with a stop token does not begin once stop is requested.
bool stop_one_task(beat::ThreadPool& pool) {
  std::stop_source source;
  source.request_stop();
  auto answer = pool.submit([] { return 42; }, {.stop = source.get_token()});
  return is_cancelled([&] { answer.get(); });
}

/// After a request no further element of a loop is begun: here the loop ends itself.
bool stop_a_loop(beat::ThreadPool& pool) {
  std::stop_source found;
  auto const look = [&](int i) {
    if (i == 1000) found.request_stop();
  };
  return is_cancelled([&] { beat::parallel_for(pool, 0, 1'000'000, look, {.stop = found.get_token()}); });
}

/// A group's tasks share one token. Those that run look at it; those that wait never begin.
bool stop_a_group(beat::ThreadPool& pool) {
  beat::task_group group{pool};
  std::latch both_workers{2};
  std::atomic<int> begun{0};
  for (int i = 0; i < 10; ++i) {
    group.run([&] {
      ++begun;
      both_workers.count_down();
      while (!group.stop_token().stop_requested()) std::this_thread::yield();
    });
  }
  both_workers.wait();
  group.stop();
  group.wait();
  return begun == 2;
}

/// `stop` cancels what the pool has queued, where `drain`, which is also what the destructor does, would run it.
bool stop_the_pool(beat::ThreadPool& pool) {
  for (int i = 0; i < 1000; ++i) pool.post([] { std::this_thread::sleep_for(std::chrono::milliseconds{10}); });
  pool.shutdown(beat::shutdown_mode::stop);
  return pool.stats().cancelled > 500;
}

}  // namespace

int main() {
  beat::ThreadPool pool{2};
  bool as_expected = true;
  for (auto const stop : {stop_one_task, stop_a_loop, stop_a_group, stop_the_pool}) as_expected &= stop(pool);
  beat::pool_stats const stats = pool.stats();
  std::cout << (as_expected ? "all four were stopped: " : "something was NOT stopped: ") << stats << '\n';
  return as_expected && stats.submitted == stats.completed + stats.failed + stats.cancelled ? 0 : 1;
}
