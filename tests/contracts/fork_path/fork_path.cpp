// SPDX-License-Identifier: MIT
// Functions that fork once, for check.cmake beside this. With PLANTED they do what a fork must never do.

#include <atomic>
#include <beat.hpp>

extern "C" {
long user_left(long);
long user_right(long);
void planted();

#if defined(PLANTED_FENCE)
#define PLANT std::atomic_thread_fence(std::memory_order_seq_cst)
#elif defined(PLANTED_LOCK)
inline std::atomic<long> counter;
#define PLANT counter.fetch_add(1)
#elif defined(PLANTED_CALL)
#define PLANT planted()
#else
#define PLANT static_cast<void>(0)
#endif

long fork_by_join(long n) {
  PLANT;
  auto const [left, right] = beat::join([n] { return user_left(n); }, [n] { return user_right(n); });
  return left + right;
}

long fork_by_context(beat::context where, long n) {
  PLANT;
  auto const [left, right] = beat::join(where, [n] { return user_left(n); }, [n] { return user_right(n); });
  return left + right;
}

long fork_by_pcall(long n) {
  PLANT;
  auto right = beat::pcall([n] { return user_right(n); });
  long const left = user_left(n);
  return left + right.get();
}
}
