// SPDX-License-Identifier: MIT

#include "catch.hpp"

#include <algorithm>
#include <beat/topology/platform.hpp>
#include <initializer_list>
#include <thread>

#if BEAT_HAS_LINUX()
#include <pthread.h>
#include <signal.h>
#endif

TEST_CASE("a thread may run on at least one CPU", "[topology]") {
  beat::cpu_set const affinity = beat::this_thread_affinity();
  CHECK_FALSE(affinity.empty());
  CHECK(affinity == beat::this_thread_affinity());
}

#if BEAT_HAS_LINUX()

namespace {

bool is_blocked(int signal) {
  ::sigset_t mask;
  ::sigemptyset(&mask);
  ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  return ::sigismember(&mask, signal) == 1;
}

bool all_blocked(std::initializer_list<int> signals, bool wanted) {
  return std::all_of(signals.begin(), signals.end(), [wanted](int signal) { return is_blocked(signal) == wanted; });
}

constexpr std::initializer_list<int> from_outside = {SIGTERM, SIGINT,  SIGHUP,  SIGQUIT, SIGUSR1, SIGUSR2,
                                                     SIGCHLD, SIGALRM, SIGPIPE, SIGPROF, SIGWINCH};
constexpr std::initializer_list<int> own_faults = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS};

}  // namespace

TEST_CASE("a thread runs on a CPU of its affinity mask", "[topology]") {
  CHECK(beat::this_thread_affinity().contains(beat::current_cpu()));
}

TEST_CASE("an affinity mask has room for more than 1024 CPUs", "[topology]") {
  beat::cpu_set const cpus{0, 31, 32, 63, 64, 1023, 1024, 5000};
  CHECK(beat::detail::affinity_mask{cpus}.to_cpu_set() == cpus);
  beat::detail::affinity_mask large{std::size_t{1} << 16U};
  REQUIRE(large.read_from_this_thread() == 0);
  CHECK(large.to_cpu_set() == beat::this_thread_affinity());
}

TEST_CASE("threads that start while signals are blocked inherit that", "[topology]") {
  bool outside_blocked = false;
  bool faults_open = false;
  bool left_pending = false;
  std::thread worker;
  {
    beat::detail::block_signals const blocked;
    worker = std::thread{[&] {
      outside_blocked = all_blocked(from_outside, true);
      faults_open = all_blocked(own_faults, false);
      // Unblocked, this would end the program.
      ::raise(SIGUSR1);
      ::sigset_t pending;
      ::sigemptyset(&pending);
      ::sigpending(&pending);
      left_pending = ::sigismember(&pending, SIGUSR1) == 1;
    }};
  }
  worker.join();
  CHECK(outside_blocked);
  CHECK(faults_open);
  CHECK(left_pending);
}

TEST_CASE("the end of the scope restores the mask of signals", "[topology]") {
  bool within = false;
  bool nested = false;
  bool after = false;
  std::thread{[&] {
    ::sigset_t own;
    ::sigemptyset(&own);
    ::sigaddset(&own, SIGUSR2);
    ::sigaddset(&own, SIGFPE);
    ::pthread_sigmask(SIG_SETMASK, &own, nullptr);
    {
      beat::detail::block_signals const blocked;
      within = all_blocked({SIGTERM, SIGUSR1, SIGUSR2}, true) && is_blocked(SIGFPE);
      {
        beat::detail::block_signals const again;
      }
      nested = is_blocked(SIGTERM);
    }
    after = all_blocked({SIGUSR2, SIGFPE}, true) && all_blocked({SIGTERM, SIGUSR1, SIGSEGV}, false);
  }}.join();
  CHECK(within);
  CHECK(nested);
  CHECK(after);
}

#else

TEST_CASE("without the operating system a thread may run on all hardware threads", "[topology]") {
  WARN("This build knows no affinity, CPU number or signal mask: only their fall-backs are tested.");
  CHECK(beat::this_thread_affinity() == beat::cpu_set::first_cpus(std::max(1U, std::thread::hardware_concurrency())));
  CHECK(beat::current_cpu() == 0);
  CHECK(beat::this_thread_name().empty());
  // Nothing to observe but that the pool's code compiles unchanged.
  beat::detail::block_signals const blocked;
}

#endif
