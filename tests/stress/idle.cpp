// SPDX-License-Identifier: MIT
// A pool that has nothing to do uses no CPU, whether it is fresh or has worked before.

#include <beat.hpp>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <set>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "build_kind.hpp"
#include "catch.hpp"
#include "stress.hpp"

namespace {

using namespace stress;

// Where the system tells the CPU time of each thread, others of this process (a sanitizer has one) can be left out.
std::filesystem::path const own_threads{"/proc/self/task"};

std::set<std::string> thread_ids() {
  std::thread{[] {}}.join();  // with the first thread of the program a sanitizer starts one of its own
  std::set<std::string> ids;
  std::error_code error;
  for (auto const& entry : std::filesystem::directory_iterator{own_threads, error})
    ids.insert(entry.path().filename().string());
  return ids;
}

/// The CPU time of all threads but `others`, in milliseconds; that of the process where threads can't be told apart.
double cpu_time(std::set<std::string> const& others) {
  bool told = false;
  double sum = 0;
  for (std::string const& id : thread_ids()) {
    if (others.contains(id)) continue;
    double nanoseconds = 0;
    if (std::ifstream{own_threads / id / "schedstat"} >> nanoseconds) told = true;
    sum += nanoseconds / 1e6;
  }
  return told ? sum : 1000.0 * static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

/// A pool stays attentive for a moment after its last work: waits until all its threads sleep for good.
void settle(beat::ThreadPool const& pool) {
  beat::pool_stats before, after = pool.stats();
  do {
    before = after;
    std::this_thread::sleep_for(100ms);  // several times as long as a thread goes on napping
    after = pool.stats();
  } while (before != after);
}

constexpr auto span = build_kind::is_thorough ? 10s : 1s;

double cpu_time_of_span(std::set<std::string> const& others) {
  double const before = cpu_time(others);
  std::this_thread::sleep_for(span);
  return cpu_time(others) - before;
}

}  // namespace

TEST_CASE("an idle pool of 2 uses at most 1 ms of CPU in 10 s", "[stress]") {
  std::set<std::string> const others = thread_ids();
  watched<beat::ThreadPool> fresh{"a pool that does not come to rest at first", 2};
  watched<beat::ThreadPool> used{"a pool that does not come to rest after work", 2};
  std::vector<long> numbers(1'000'000);
  beat::parallel_for_each(used, numbers, [](long& n) { n = 1; });
  for (int i = 0; i < 1000; ++i) used.post([] {});
  CHECK(beat::parallel_reduce(used, numbers, 0L) == 1'000'000);
  used.wait();
  settle(fresh);
  settle(used);
  CHECK(cpu_time_of_span(others) <= 1.0);  // both together
}

TEST_CASE("threads that wait for a long task use no CPU", "[stress]") {
  std::set<std::string> const others = thread_ids();
  watched<beat::ThreadPool> pool{"a pool that does not come to rest beside a long task", 2};
  std::atomic<bool> goes_on{true};
  auto blocked = pool.submit([&] { goes_on.wait(true); });
  while (!pool.submit([] { return true; }).get()) {
  }
  std::thread waiter{[&] { pool.wait(); }};
  std::thread other{[&] { blocked.wait(); }};
  settle(pool);
  double const time = cpu_time_of_span(others);
  goes_on = false;
  goes_on.notify_all();
  waiter.join();
  other.join();
  CHECK(time <= 2.0);
}

TEST_CASE("a task that arrives alone and forks nothing wakes one thread, and no other", "[stress]") {
  watched<beat::ThreadPool> pool{"a task for a pool that sleeps", 4};
  for (long i = often(20, 5); i != 0; --i) {
    settle(pool);
    beat::pool_stats const before = pool.stats();
    pool.post([] {});
    settle(pool);
    REQUIRE((pool.stats() - before).parks == 1);
  }
}
