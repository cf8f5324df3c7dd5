// SPDX-License-Identifier: MIT
// Run where the system lets it have few threads: a pool that is too large is refused in words, and one that fits works
// although no thread can stand in for those that block.

#include <beat.hpp>
#include <cstdio>
#include <vector>

int main() {
  try {
    beat::ThreadPool const pool{500};
    std::puts("500 workers could be started: this shows nothing");
    return 1;
  } catch (beat::error const& e) {
    std::puts(e.what());
    if (e.code() != beat::errc::thread_creation_failed) return 1;
  }
  beat::ThreadPool a{2};
  beat::ThreadPool b{1};
  std::vector<beat::future<int>> futures;
  for (int i = 0; i < 20; ++i)
    futures.push_back(a.submit([&, i] {
      auto there = b.submit([&, i] { return a.submit([i] { return i; }).get(); });
      return there.get();
    }));
  int sum = 0;
  for (auto& f : futures) sum += f.get();
  std::printf("sum: %d\n", sum);
  return sum == 190 ? 0 : 1;
}
