// SPDX-License-Identifier: MIT
// A pool that lives until the end of the program still runs what is queued, in the parent and not in the child of a
// fork.

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <beat.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

namespace {

std::atomic<int> ran{0};

/// Destroyed after the pool.
struct report {
  pid_t const owner = ::getpid();
  ~report() {
    if (::getpid() != owner) return;
    std::printf("ran: %d\n", ran.load());
    std::fflush(stdout);
    if (ran != 101) std::_Exit(1);
  }
} const at_the_end;

beat::ThreadPool pool{2};
beat::future<int> never_asked;

}  // namespace

int main() {
  never_asked = pool.submit([] { return ++ran; });
  if (::fork() == 0) return 0;
  int status = 0;
  ::wait(&status);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return 1;
  for (int i = 0; i < 100; ++i)
    pool.post([] {
      std::this_thread::sleep_for(std::chrono::microseconds{100});
      ++ran;
    });
}
