// SPDX-License-Identifier: MIT
// Forks at every moment of the making of a process's first pool by another thread: the child makes a pool, and it
// works.

#include <sys/wait.h>
#include <unistd.h>

#include <beat.hpp>
#include <chrono>
#include <cstdio>
#include <thread>

namespace {

/// Forks off a process that does `work` and succeeds if that returns true, within some seconds.
template <class Work>
bool succeeds_in_child(Work work) {
  pid_t const child = ::fork();
  if (child == 0) {
    ::alarm(10);
    ::_exit(work() ? 0 : 1);
  }
  int status = 0;
  return child > 0 && ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool pool_works() {
  beat::ThreadPool pool{1};
  return pool.submit([] { return 1; }).get() == 1;
}

}  // namespace

int main() {
  // This process makes no pool, so each of its children is as a program that has just begun.
  for (int i = 0; i < 300; ++i) {
    bool const worked = succeeds_in_child([i] {
      bool here = false;
      std::thread other{[&] { here = pool_works(); }};
      std::this_thread::sleep_for(std::chrono::microseconds{10 * i});
      bool const there = succeeds_in_child(pool_works);
      other.join();
      return here && there;
    });
    if (!worked) {
      std::printf("fork %d: a pool does not work\n", i);
      return 1;
    }
  }
  std::puts("all pools work");
}
