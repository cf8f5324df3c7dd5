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
std::atomic<int> handled_by_others{0};

thread_local bool takes_signals = false;

extern "C" void on_signal(int) {
  ++handled;
  if (!takes_signals) ++handled_by_others;
}

}  // namespace

TEST_CASE("a storm of signals reaches no worker and interrupts no wait", "[contract]") {
  struct sigaction action = {};
  action.sa_handler = &on_signal;  // without SA_RESTART: system calls are interrupted
  struct sigaction before = {};
  ::sigaction(SIGUSR1, &action, &before);
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGUSR1);

  takes_signals = true;
  // Of the threads that are not the pool's only this one takes the signal, at first.
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  watchdog const dog{"a storm of signals"};
  std::atomic<bool> over{false};
  std::thread storm{[&] {
    while (!over) {
      ::kill(::getpid(), SIGUSR1);
      std::this_thread::sleep_for(50us);
    }
  }};
  ::pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);

  beat::ThreadPool pool{2};
  int wrong = 0;
  for (int round = 0; round < 50; ++round) {
    // From now on this one does not either, and the system looks for another one in vain.
    if (round == 25) ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    auto const answer = pool.submit([] {
      std::this_thread::sleep_for(2ms);
      return 1;
    });
    if (!answer.wait_for(10s)) ++wrong;
    int const two = pool.run([] {
      auto const one = [] {
        std::this_thread::sleep_for(1ms);
        return 1;
      };
      auto const [a, b] = beat::join(one, one);
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
  ::pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
  ::sigaction(SIGUSR1, &before, nullptr);
  CHECK(wrong == 0);
  CHECK(handled > 100);
  CHECK(handled_by_others == 0);
}
