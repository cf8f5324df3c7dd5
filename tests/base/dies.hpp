#pragma once
// SPDX-License-Identifier: MIT
// Runs a function in a child process, for tests of what ends the program.
// Call it only while the test has no other thread.

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <stdexcept>
#include <string>

namespace beat_test {

struct child_result {
  bool aborted;
  std::string output;  // what the child wrote to stderr
};

template <class Function>
child_result run_in_child(Function function) {
  int ends[2];
  if (::pipe(ends) != 0) {
    throw std::runtime_error{"pipe() failed, so the child's output cannot be read"};
  }
  std::fflush(nullptr);
  pid_t const child = ::fork();
  if (child < 0) {
    throw std::runtime_error{"fork() failed, so there is no child to watch"};
  }
  if (child == 0) {
    std::signal(SIGABRT, SIG_DFL);  // Catch2's own handler would report the abort as a failed test
    ::dup2(ends[1], STDERR_FILENO);
    function();
    ::_exit(0);
  }
  ::close(ends[1]);
  child_result result{};
  char bytes[256];
  for (ssize_t count = 0; (count = ::read(ends[0], bytes, sizeof bytes)) > 0;) {
    result.output.append(bytes, static_cast<std::size_t>(count));
  }
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  result.aborted = WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
  return result;
}

}  // namespace beat_test
