// SPDX-License-Identifier: MIT
// Prints how many CPUs it may use and how many workers a pool gets by itself.

#include <beat.hpp>
#include <cstdio>

int main() {
  beat::ThreadPool const pool;
  std::printf("CPUs: %u, workers: %zu\n", beat::usable_cpus(), pool.workers());
}
