// SPDX-License-Identifier: MIT
// Somebody always notices a thread that is busy for long: no region stays serial while another thread is idle.

#include <atomic>
#include <beat.hpp>
#include <thread>

#include "catch.hpp"
#include "stress.hpp"

namespace {

using namespace stress;

/// Forks until somebody has taken a job; false where nobody does for half a minute.
template <class Fork>
bool shared(Fork fork) {
  std::atomic<bool> taken{false};
  auto const me = std::this_thread::get_id();
  for (auto const start = clock::now(); !taken && clock::now() - start < 30s;) {
    fork([&] { taken = taken || std::this_thread::get_id() != me; });
  }
  return taken;
}

// Each of these takes longer than a root that is worth waking a sleeper, however it is shared.
bool shares_joins() {
  return shared([](auto const& look) {
    beat::join(
        [&] {
          spin(60us);
          look();
        },
        [&] {
          spin(60us);
          look();
        });
  });
}

bool shares_loops() {
  return shared([](auto const& look) {
    beat::parallel_for(beat::here(), 0, 100, [&](int) {
      spin(2us);
      look();
    });
  });
}

}  // namespace

TEMPLATE_TEST_CASE("a thread that is busy for long is noticed whatever the others did before", "[stress]",
                   beat::ThreadPool, beat::basic_thread_pool<sleepy_policy>) {
  unsigned const workers = GENERATE(2U, 3U);
  watched<TestType> pool{"a busy thread is watched by nobody", workers};
  int alone = 0;
  for (int round = 0; round < 1500 && alone == 0; ++round) {
    spin(std::chrono::microseconds{round % 83});  // the others are on their way to sleep, napping, or asleep
    if (round % 100 == 0) std::this_thread::sleep_for(25ms);
    switch (round % 4) {
      case 0:
        alone += pool.run([] { return shares_joins(); }) ? 0 : 1;
        break;
      case 1:
        alone += pool.run([] { return shares_loops(); }) ? 0 : 1;
        break;
      case 2:
        pool.post([&] { alone += shares_joins() ? 0 : 1; });
        pool.wait();
        break;
      default:  // nothing to share at first, so that the request stands when the loop begins
        alone += pool.run([&] {
          spin(std::chrono::microseconds{(round * 7) % 400});
          return round % 8 == 3 ? shares_loops() : shares_joins();
        })
                     ? 0
                     : 1;
        break;
    }
  }
  CHECK(alone == 0);
}
