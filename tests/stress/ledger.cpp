// SPDX-License-Identifier: MIT
// Very many forks and tasks, with a ledger that shows that none was lost and none was done twice.

#include <algorithm>
#include <atomic>
#include <beat.hpp>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "stress.hpp"

namespace {

using namespace stress;

unsigned up_to_64_workers() { return GENERATE(1U, 2U, 4U, 64U); }

/// Of numbers, each of which comes once: how many, their sum, and the sum of their squares modulo 2^64.
struct ledger {
  std::uint64_t count = 0;
  std::uint64_t sum = 0;
  std::uint64_t squares = 0;

  static ledger entry(std::uint64_t number) { return {1, number, number * number}; }
  friend ledger operator+(ledger const& a, ledger const& b) {
    return {a.count + b.count, a.sum + b.sum, a.squares + b.squares};
  }
  friend bool operator==(ledger const&, ledger const&) = default;
};

/// The same as the calls themselves leave it, whatever becomes of their results: each thread has its own.
struct alignas(64) account {
  std::atomic<std::uint64_t> count{0};
  std::atomic<std::uint64_t> sum{0};
  std::atomic<std::uint64_t> squares{0};

  void enter(std::uint64_t number) {
    auto const add = [](std::atomic<std::uint64_t>& to, std::uint64_t n) {
      to.store(to.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
    };
    add(count, 1);
    add(sum, number);
    add(squares, number * number);
  }
};
std::vector<account> accounts(4096);
std::atomic<std::size_t> threads_so_far{0};
thread_local account* const mine = &accounts.at(threads_so_far++);

/// What all threads entered since the last call.
ledger settle_accounts() {
  ledger whole;
  for (account& a : accounts) whole = whole + ledger{a.count.exchange(0), a.sum.exchange(0), a.squares.exchange(0)};
  return whole;
}

ledger entered(std::uint64_t number) {
  mine->enter(number);
  return ledger::entry(number);
}

/// Enters the numbers from `first` on, `size` of them, by as many calls less one.
ledger by_join(beat::context where, std::uint64_t first, std::uint64_t size) {
  if (size == 1) return entered(first);
  std::uint64_t const half = size / 2;
  auto const [a, b] = beat::join(
      where, [=](beat::context here) { return by_join(here, first, half); },
      [=](beat::context here) { return by_join(here, first + half, size - half); });
  return a + b;
}

ledger by_pcall(std::uint64_t first, std::uint64_t size) {
  if (size == 1) return entered(first);
  std::uint64_t const half = size / 2;
  auto upper = beat::pcall([=] { return by_pcall(first + half, size - half); });
  ledger const lower = by_pcall(first, half);
  return lower + upper.get();
}

ledger serial(std::uint64_t size) {
  ledger whole;
  for (std::uint64_t i = 0; i < size; ++i) whole = whole + ledger::entry(i);
  return whole;
}

/// Which of many tasks have run, and how often.
class register_of_tasks {
 public:
  explicit register_of_tasks(std::size_t size)
      : size_{size}, marks_{std::make_unique<std::atomic<std::uint8_t>[]>(size)} {}

  void mark(std::size_t i) { marks_[i].fetch_add(1, std::memory_order_relaxed); }
  bool each_once() const {
    return std::all_of(marks_.get(), marks_.get() + size_, [](auto const& m) { return m == 1; });
  }

 private:
  std::size_t size_;
  std::unique_ptr<std::atomic<std::uint8_t>[]> marks_;
};

}  // namespace

TEST_CASE("100 million forks: each call is made, and once", "[stress]") {
  auto const size = static_cast<std::uint64_t>(often(100'000'000, 2'000'000)) / 2;  // and as many again by pcall
  ledger const expected = serial(size);
  unsigned const workers = up_to_64_workers();
  watched<beat::ThreadPool> pool{"100 million forks", workers};
  CHECK(pool.run([size](beat::context here) { return by_join(here, 0, size); }) == expected);
  CHECK(settle_accounts() == expected);
  CHECK(pool.submit([size] { return by_pcall(0, size); }).get() == expected);
  CHECK(settle_accounts() == expected);
}

TEST_CASE("10 million forks whose thieves are eager: each call is made, and once", "[stress]") {
  auto const size = static_cast<std::uint64_t>(often(5'000'000, 500'000));
  ledger const expected = serial(size);
  unsigned const workers = up_to_64_workers();
  watched<beat::basic_thread_pool<eager_policy>> pool{"forks with eager thieves", workers};
  CHECK(pool.run([size](beat::context here) { return by_join(here, 0, size); }) == expected);
  CHECK(settle_accounts() == expected);
  CHECK(pool.submit([size] { return by_pcall(0, size); }).get() == expected);
  CHECK(settle_accounts() == expected);
  if (workers > 1) CHECK(pool.stats().jobs_stolen > 0);
}

TEST_CASE("10 million tasks: each is run, and once", "[stress]") {
  long const tasks = often(10'000'000, 200'000);
  unsigned const workers = up_to_64_workers();
  unsigned const producers = GENERATE(1U, 4U);
  watched<beat::ThreadPool> pool{"10 million tasks", workers};
  long const share = tasks / 2 / producers;  // both ways of submitting
  register_of_tasks posted{static_cast<std::size_t>(share * producers)};
  register_of_tasks nested{static_cast<std::size_t>(share * producers)};
  std::vector<std::thread> threads;
  for (unsigned p = 0; p < producers; ++p)
    threads.emplace_back([&, p] {
      for (long i = p * share, end = i + share; i < end; ++i)
        pool.post([&, i] {
          posted.mark(static_cast<std::size_t>(i));
          pool.post([&nested, i] { nested.mark(static_cast<std::size_t>(i)); });
        });
    });
  for (std::thread& t : threads) t.join();
  pool.wait();
  CHECK(posted.each_once());
  CHECK(nested.each_once());
  beat::pool_stats const stats = pool.stats();
  CHECK(stats.submitted == static_cast<std::uint64_t>(2 * share * producers));
  CHECK(stats.completed == stats.submitted);
}

TEST_CASE("the memory of a storm of tasks is used again by the next one", "[stress]") {
  long const tasks = often(3'000'000, 100'000);
  watched<beat::ThreadPool> pool{"storms", 2};
  std::atomic<long> ran{0};
  auto const storm = [&] {
    for (long i = 0; i < tasks; ++i) pool.post([&] { ran.fetch_add(1, std::memory_order_relaxed); });
    pool.wait();
  };
  storm();
  long const peak = of_this_process("VmHWM");
  REQUIRE(peak > 0);
  for (int i = 0; i < 5; ++i) storm();
  CHECK(ran == 6 * tasks);
  // Where one storm meets sleepier workers than the first one did, more tasks are queued at once.
  if (!build_kind::is_sanitized) CHECK(of_this_process("VmRSS") < 3 * peak + 200'000);
}
