// SPDX-License-Identifier: MIT
// A library that uses beat, and that nobody links.

#include <sys/wait.h>
#include <unistd.h>

#include <beat.hpp>

extern "C" bool pool_works() {
  beat::ThreadPool pool{2};
  auto answer = pool.submit([] { return 1L; });
  return beat::parallel_reduce(pool, std::views::iota(1, 1001), 0L) + answer.get() == 500'501;
}

extern "C" bool many_tasks_run() {
  beat::ThreadPool pool{2};
  for (int i = 0; i < 50'000; ++i) pool.post([] {});
  pool.wait();
  return pool.stats().completed == 50'000;
}

extern "C" beat::object_pool<int>* make_object_pool() { return new beat::object_pool<int>; }

extern "C" bool pool_is_closed_in_a_child() {
  beat::ThreadPool pool{2};
  pid_t const child = ::fork();
  if (child == 0) ::_exit(pool.try_post([] {}) ? 1 : 0);
  int status = 0;
  return child > 0 && ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
