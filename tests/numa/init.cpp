// SPDX-License-Identifier: MIT
// The first process of the machine that boot.cmake boots: it runs the tests, says how they ended, and switches off.

#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cstdio>

namespace {

void mount_at(char const* place, char const* type) {
  if (::mkdir(place, 0755) != 0 || ::mount(type, place, type, 0, nullptr) != 0) std::perror(place);
}

// The exit status of /tests, or the negative of the signal that ended it.
int run_tests(char* const* arguments) {
  ::pid_t const child = ::fork();
  if (child == 0) {
    ::execv("/tests", arguments);
    std::perror("/tests");
    ::_exit(127);
  }
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child) {
    std::perror("fork or waitpid");
    return 127;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

}  // namespace

int main(int, char** arguments) {
  mount_at("/proc", "proc");
  mount_at("/sys", "sysfs");
  std::puts("the tests begin");
  std::printf("the tests ended with status %d\n", run_tests(arguments));
  std::fflush(stdout);
  ::reboot(RB_POWER_OFF);
}
