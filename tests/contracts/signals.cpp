// SPDX-License-Identifier: MIT
// Signals: handlers run on the user's threads only, and interrupt no wait.

#include <unistd.h>
#include <csignal>

#include <atomic>
#include <beat.hpp>
#include <cstdlib>
#include <thread>

#include "catch.hpp"
#include "stress/stress.hpp"

namespace {

using namespace stress;

std::atomic<int> handled{0};
std::atomic<int> handled_by_workers{0};

thread_local bool is_worker = false;

extern "C" void on_signal(int) {
  ++handled;
  if (is_worker) ++handled_by_workers;
}

}  // namespace

TEST_CASE("a storm of signals reaches no worker and interrupts no wait", "[contract]") {
  watchdog const dog{"a storm of signals"};
  struct sigaction action = {};
  action.sa_handler = &on_signal;  // without SA_RESTART: system calls are interrupted
  struct sigaction before = {};
  ::sigaction(SIGUSR1, &action, &before);

  beat::ThreadPool pool{2};
  for (int i = 0; i < 100; ++i)
    pool.post([] {
      is_worker = true;
      std::this_thread::sleep_for(100us);
    });
  std::atomic<bool> over{false};
  std::thread storm{[&] {
    while (!over) {
      ::kill(::getpid(), SIGUSR1);
      std::this_thread::sleep_for(50us);
    }
  }};
  int wrong = 0;
  for (int round = 0; round < 50; ++round) {
    auto const answer = pool.submit([] {
      std::this_thread::sleep_for(2ms);
      return 1;
    });
    auto const start = clock::now();
    if (!answer.wait_for(10s)) ++wrong;
    if (milliseconds_since(start) > 5000) ++wrong;
    int const two = pool.run([] {
      auto const [a, b] = beat::join(
          [] {
            std::this_thread::sleep_for(1ms);
            return 1;
          },
          [] {
            std::this_thread::sleep_for(1ms);
            return 1;
          });
      return a + b;
    });
    if (two != 2) ++wrong;
    beat::task_group group{pool};
    group.run([] { std::this_thread::sleep_for(1ms); });
    group.wait();
    pool.wait();
  }
  over = true;
  storm.join();
  ::sigaction(SIGUSR1, &before, nullptr);
  CHECK(wrong == 0);
  CHECK(handled > 100);
  CHECK(handled_by_workers == 0);
}
