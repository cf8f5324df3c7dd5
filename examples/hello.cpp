// SPDX-License-Identifier: MIT
// hello: a pool, and the ways to give it work.

#include <beat.hpp>

#include <iostream>

namespace {

// A plain function, with no pool in its signature. join calls both lambdas; where somebody is idle, in parallel.
long fibonacci(int n) {
  if (n < 2) return n;
  auto const [a, b] = beat::join([n] { return fibonacci(n - 1); }, [n] { return fibonacci(n - 2); });
  return a + b;
}

}  // namespace

int main() {
  beat::ThreadPool pool;  // one worker for each CPU that this process may use
  std::cout << "hello from a pool of " << pool.workers() << " workers\n";

  // run: call a function in the pool and wait for its result. Whatever it forks spreads over the workers.
  long const f = pool.run([] { return fibonacci(32); });
  std::cout << "fibonacci(32) = " << f << '\n';

  // submit: start an independent task now, ask for its result later.
  beat::future<int> product = pool.submit([] { return 6 * 7; });
  int const answer = product.get();
  std::cout << "6 * 7 = " << answer << '\n';

  pool.wait();  // until the pool is at rest: then its statistics add up
  std::cout << "the pool: " << pool.stats() << '\n';

  return f == 2178309 && answer == 42 && pool.stats().completed == 1 ? 0 : 1;
}
