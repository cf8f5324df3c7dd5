// SPDX-License-Identifier: MIT
// The smallest user: one pool, one fork, one answer.

#include <beat.hpp>
#include <cstdio>

int main() {
  beat::ThreadPool pool;
  auto const [six, seven] = pool.run([] { return beat::join([] { return 6; }, [] { return 7; }); });
  if (six * seven != 42) {
    std::fprintf(stderr, "join returned %d and %d, and not 6 and 7\n", six, seven);
    return 1;
  }
  std::printf("beat %s works\n", beat::version.data());
}
