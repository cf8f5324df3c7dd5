// SPDX-License-Identifier: MIT
// coroutines: code that reads as if it blocked, on a pool of two threads.

#include <beat.hpp>
#include <beat/task/coroutine.hpp>

#include <atomic>
#include <iostream>
#include <tuple>

namespace {

/// Both halves at once: each goes to the pool first.
beat::task<long> fibonacci(beat::ThreadPool& pool, int n) {
  if (n < 2) co_return n;
  co_await beat::schedule(pool);
  auto const [left, right] = co_await beat::when_all(fibonacci(pool, n - 1), fibonacci(pool, n - 2));
  co_return left + right;
}

/// A future is awaited, too, and no thread waits meanwhile.
beat::task<int> answer(beat::ThreadPool& pool) {
  co_return 2 * co_await pool.submit([] { return 21; });
}

/// It ends where it waits for its turn, once the scope is stopped.
beat::task<> count_up(beat::ThreadPool& pool, std::atomic<long>& counter) {
  for (;;) {
    co_await beat::schedule(pool);
    ++counter;
  }
}

}  // namespace

int main() {
  beat::ThreadPool pool{2};
  long const number = beat::sync_wait(fibonacci(pool, 15));
  int const forty_two = beat::sync_wait(answer(pool));

  std::atomic<long> counter{0};
  beat::async_scope scope{pool};
  for (int i = 0; i < 10; ++i) scope.spawn(count_up(pool, counter));
  while (counter < 1000) {
  }
  scope.request_stop();
  scope.wait();
  std::cout << "fibonacci(15) is " << number << ", the answer " << forty_two << ", and ten coroutines counted beyond "
            << "1000\n";
  return number == 610 && forty_two == 42 ? 0 : 1;
}
