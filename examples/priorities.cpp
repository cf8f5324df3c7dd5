// SPDX-License-Identifier: MIT
// priorities: what is urgent overtakes what can wait; and a bounded queue slows down who sends faster than the pool
// works.

#include <beat.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <iostream>
#include <vector>

namespace {

/// One worker, so that there is an order: whatever is urgent runs before the rest of what was queued earlier.
bool urgent_first() {
  beat::ThreadPool pool{1};
  std::vector<int> order;
  std::atomic<int> left{4};
  pool.post([&] {  // nothing else begins meanwhile
    pool.post([&] { order.push_back(3), --left; }, {.priority = beat::priority::low});
    pool.post([&] { order.push_back(2), --left; });
    pool.post([&] { order.push_back(1), --left; }, {.priority = beat::priority::high});
    --left;
  });
  while (left != 0) beat::std_atomics::pause();
  return order == std::vector{1, 2, 3};
}

/// A sender of very many tasks sleeps whenever ten of them have not begun.
std::size_t most_queued() {
  beat::ThreadPool pool{{.workers = 2, .queue_limit = 10, .when_full = beat::when_full::block}};
  std::atomic<long> sum{0};
  std::size_t most = 0;
  for (int i = 0; i < 10'000; ++i) {
    pool.post([&] { ++sum; });
    most = std::max(most, pool.load().queued);
  }
  pool.wait();
  return sum == 10'000 ? most : 0;
}

/// Where the queue is full, who sends a task hears of it, and its callable is still there to be run here.
int refused() {
  beat::ThreadPool pool{{.workers = 1, .queue_limit = 1, .when_full = beat::when_full::reject}};
  std::atomic<int> ran{0};
  int failed = 0;
  for (int i = 0; i < 1000; ++i) {
    auto task = [&] { ++ran; };
    if (!pool.try_post(task)) ++failed, task();
  }
  pool.wait();
  return ran == 1000 ? failed : -1;
}

}  // namespace

int main() {
  bool const ordered = urgent_first();
  std::size_t const most = most_queued();
  int const failed = refused();
  std::cout << (ordered ? "high, normal, low" : "NOT in order") << "; at most " << most << " queued of 10; " << failed
            << " of 1000 refused\n";
  return ordered && most >= 1 && most <= 10 && failed >= 0 ? 0 : 1;
}
