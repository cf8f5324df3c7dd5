// SPDX-License-Identifier: MIT
// Where memory or threads run out, at whichever point: a clear error or fewer threads, no task lost, nothing hangs.

#include <array>
#include <atomic>
#include <beat.hpp>
#include <chrono>
#include <exception>
#include <functional>
#include <numeric>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "faults.hpp"

namespace {

using namespace std::chrono_literals;
using faults::expect;
using faults::kind;
using faults::run_out_of;
using faults::succeeds;

/// For most scenarios.
kind whatever_runs_out() { return GENERATE(kind::allocation, kind::shortage, kind::threads); }

/// Threads from outside, which are joined whatever happens.
class outside_threads {
 public:
  explicit outside_threads(std::size_t count) { threads_.reserve(count); }
  ~outside_threads() {
    for (std::thread& t : threads_) t.join();
  }
  template <class F>
  void start(F f) {
    threads_.emplace_back(std::move(f));
  }

 private:
  std::vector<std::thread> threads_;
};

/// Too large for the nodes that threads keep: each task needs new memory.
struct ballast {
  std::array<char, 200> bytes{};
};

long fibonacci(int n) {
  if (n < 2) return n;
  auto later = beat::pcall([n] { return fibonacci(n - 1); });
  long const right = fibonacci(n - 2);
  return later.get() + right;
}

}  // namespace

TEST_CASE("threads can't be started where the fault says so", "[unit]") {
  bool refused = false;
  faults::arm(kind::threads, 1);
  try {
    std::thread{[] {}}.join();
  } catch (std::system_error const&) {
    refused = true;
  }
  bool const reached = faults::disarm().reached;
  CHECK(reached);
  CHECK(refused);
  std::thread{[] {}}.join();  // and afterwards they can
}

TEST_CASE("a pool can't be made", "[unit]") {
  run_out_of(whatever_runs_out(), 10, [] {
    beat::ThreadPool pool{
        {.workers = 3, .placement = beat::placement_policy::compact, .name = "a name of some length"}};
    expect(pool.run([] { return fibonacci(5); }) == 5, "wrong result");
  });
}

TEST_CASE("the machine can't be described", "[unit]") {
  run_out_of(GENERATE(kind::allocation, kind::shortage), 10, [] {
    expect(beat::usable_cpus() >= 1, "no CPU");
    expect(!beat::discover().cpus().empty(), "no CPU in the topology");
  });
}

TEST_CASE("tasks can't be submitted", "[unit]") {
  run_out_of(whatever_runs_out(), 100, [] {
    std::atomic<int> ran{0};
    int accepted = 0;
    {
      std::vector<beat::future<int>> futures;
      futures.reserve(100);
      beat::ThreadPool pool{2};
      for (int i = 0; i < 100; ++i)
        accepted += succeeds([&] {
          futures.push_back(pool.submit([&ran, i, b = ballast{}] {
            ++ran;
            return i + b.bytes[0];
          }));
        });
      int last = -1;
      for (auto& f : futures) {
        int const i = f.get();
        expect(i > last, "wrong result");
        last = i;
      }
      pool.wait();
      auto const stats = pool.stats();
      expect(stats.submitted == stats.completed + stats.cancelled, "the ledger does not balance");
    }
    expect(ran == accepted, "a task was lost, or ran that was refused");
  });
}

TEST_CASE("tasks can't queue more tasks than a worker's deque has room for", "[unit]") {
  run_out_of(whatever_runs_out(), 50, [] {
    constexpr int many = 700;  // the deque grows twice
    std::atomic<int> ran{0};
    std::atomic<int> accepted{0};
    {
      beat::ThreadPool pool{1};
      pool.post([&] {
        for (int i = 0; i < many; ++i) accepted += succeeds([&] { pool.post([&] { ++ran; }); });
        for (int i = 0; i < 50; ++i)
          accepted += succeeds([&] { pool.post([&, b = ballast{}] { ran += 1 + b.bytes[0]; }); });
      });
      pool.wait();
    }
    expect(ran == accepted, "a task was lost, or ran that was refused");
  });
}

TEST_CASE("a group can't take tasks, and its tasks fail", "[unit]") {
  run_out_of(whatever_runs_out(), 50, [] {
    std::atomic<int> ended{0};
    beat::ThreadPool pool{2};
    int accepted = 0;
    bool failed = false;
    {
      beat::task_group group{pool};
      for (int i = 0; i < 40; ++i)
        accepted += succeeds([&] {
          group.run([&, i, b = ballast{}] {
            struct end {
              std::atomic<int>& count;
              ~end() { ++count; }
            } const at_end{ended};
            std::vector<int> const numbers(static_cast<std::size_t>(i) + 1);
            expect(numbers.back() == b.bytes[0], "wrong result");
          });
        });
      failed = !succeeds([&] { group.wait(); });
    }
    expect(ended == accepted, "a member was lost, or the wait was too short");
    pool.wait();
    expect(failed == (pool.stats().failed != 0), "the failure did not arrive, or came from nowhere");
  });
}

TEST_CASE("algorithms and what they call find no memory", "[unit]") {
  run_out_of(whatever_runs_out(), 100, [] {
    beat::ThreadPool pool{2};
    std::vector<int> numbers(60);
    std::iota(numbers.begin(), numbers.end(), 0);
    auto const text = [](int i) { return std::string(40, static_cast<char>('a' + i % 26)); };
    std::vector<std::string> texts = beat::parallel_map(pool, numbers, text);
    expect(texts.size() == 60, "too few results");
    beat::parallel_sort(pool, texts);
    std::string const all = beat::parallel_reduce(
        pool, numbers, std::string{}, [](std::string a, std::string const& b) { return a + b; }, text);
    expect(all.size() == 60 * 40, "too short");
    beat::parallel_for_each(pool, texts, [&](std::string& s) { s += text(7); });
    for (std::string const& s : texts) expect(s.size() == 80, "an element was left out");
    beat::parallel_for(pool, 0, 60, [&](int i) { texts[static_cast<std::size_t>(i)] = text(i); });
  });
}

TEST_CASE("forked calls find no memory", "[unit]") {
  run_out_of(whatever_runs_out(), 20, [] {
    beat::ThreadPool pool{2};
    std::string const whole = pool.run([] {
      auto const half = [] { return std::string(100, 'x'); };
      auto later = beat::pcall([&] {
        auto const [a, b] = beat::join(half, half);
        return a + b;
      });
      auto unused = beat::pcall(half);
      std::string const own = half();
      return own + later.get();
    });
    expect(whole.size() == 300, "too short");
    auto there = beat::pcall(pool, [b = ballast{}] { return std::string(100, b.bytes[0]); });
    expect(there.get().size() == 100, "too short");
  });
}

TEST_CASE("more threads from outside come than there is memory for", "[unit]") {
  run_out_of(whatever_runs_out(), 20, [] {
    beat::ThreadPool pool{1};
    std::atomic<int> done{0};
    std::atomic<int> failed{0};
    {
      outside_threads threads{4};
      for (int i = 0; i < 4; ++i)
        threads.start([&] {
          ++(succeeds([&] {
            expect(pool.run([] { return fibonacci(6); }) == 8, "wrong result");
            auto answer = pool.submit([b = ballast{}] { return b.bytes[0]; });
            pool.wait();
            expect(answer.get() == 0, "wrong result");
          })
                 ? done
                 : failed);
        });
    }
    expect(done + failed == 4, "a thread did not come back");
  });
}

TEST_CASE("tasks block where no thread can stand in for them", "[unit]") {
  kind const what = whatever_runs_out();
  run_out_of(what, 20, [what] {
    beat::ThreadPool a{1};
    beat::ThreadPool b{1};
    // Into the other pool and back, where the one worker waits already.
    auto outer = a.submit([&] { return b.submit([&] { return a.submit([] { return 1; }).get(); }).get(); });
    expect(outer.get() == 1, "wrong result");
    std::vector<beat::future<void>> waiting;
    waiting.reserve(3);
    for (int i = 0; i < 3; ++i)
      waiting.push_back(a.submit([&] {
        auto inner = a.submit([b = ballast{}] { return b.bytes[0]; });
        // Where threads fail to start for a while, a later one does; where none does, who waits has to run the task.
        while (what != kind::threads && !inner.wait_for(1ms)) {
        }
        expect(inner.get() == 0, "wrong result");
      }));
    for (auto& f : waiting) f.get();
  });
}

TEST_CASE("tasks with attributes can't be submitted", "[unit]") {
  run_out_of(whatever_runs_out(), 50, [] {
    std::atomic<int> ran{0};
    int accepted = 0;
    {
      beat::ThreadPool pool{1};
      beat::task_group group{pool};
      beat::task_options const options{.deadline = std::chrono::steady_clock::now() + 1h, .name = "named"};
      auto const work = [&ran, b = ballast{}] { ran += 1 + b.bytes[0]; };
      for (int i = 0; i < 100; ++i) {
        accepted += succeeds([&] { pool.post(work, options); });
        accepted += succeeds([&] { group.run(work, options); });
        auto const submit = [&] { return pool.submit([work](std::stop_token) { work(); }, options); };
        accepted += succeeds([&] { submit().wait(); });
      }
      group.wait();
      pool.wait();
      auto const stats = pool.stats();
      expect(stats.submitted == stats.completed, "the ledger does not balance");
    }
    expect(ran == accepted, "a task was lost, or ran that was refused");
  });
}

TEST_CASE("a pool can't be resized, and stays as it is", "[unit]") {
  run_out_of(whatever_runs_out(), 15, [] {
    beat::ThreadPool pool{1};
    std::size_t workers = 1;
    std::atomic<int> ran{0};
    int accepted = 0;
    for (unsigned const wanted : {3U, 2U, 6U, 1U, 7U}) {
      bool resized = false;
      try {
        resized = succeeds([&] { pool.resize(wanted); });
      } catch (beat::error const& e) {
        expect(e.code() == beat::errc::thread_creation_failed, "another error");
        expect(std::string{e.what()}.find("stays as it is") != std::string::npos, "without a word on what is left");
      }
      if (resized) workers = wanted;
      expect(pool.workers() == workers, "neither what it was nor what it was to be");
      for (int i = 0; i < 20; ++i) accepted += succeeds([&] { pool.post([&ran] { ++ran; }); });
    }
    pool.wait();
    expect(ran == accepted, "a task was lost, or ran that was refused");
  });
}

TEST_CASE("hooks on the threads of a pool find no memory", "[unit]") {
  run_out_of(whatever_runs_out(), 20, [] {
    std::atomic<int> started{0}, exited{0}, refused{0};
    auto const text = [](unsigned id) { return std::string(100 + id, 'x'); };
    struct at_end {
      std::atomic<int>&began, &ended;
      ~at_end() { expect(began == ended, "a thread with one of its hooks, and without the other one"); }
    } const balance{started, exited};
    beat::ThreadPool pool{{.workers = 2,
                           .on_worker_start =
                               [&](unsigned id) {
                                 expect(text(id).size() >= 100, "too short");
                                 ++started;
                               },
                           .on_worker_exit = [&](unsigned) { ++exited; },
                           .on_exception = [&](std::exception_ptr const&) { ++refused; }}};
    succeeds([&] { pool.resize(4); });
    pool.resize(2);
    // More tasks block than there are threads; those end that others let.
    std::atomic<int> begun{0};
    for (int i = 0; i < 6; ++i)
      succeeds([&] { pool.post([&] { beat::blocking([&] { ++begun, std::this_thread::sleep_for(100us); }); }); });
    pool.wait();
    expect(begun <= 6, "more tasks than there were");
  });
}

TEST_CASE("a pool is stopped while memory is short", "[unit]") {
  run_out_of(whatever_runs_out(), 20, [] {
    std::vector<beat::future<int>> futures;
    futures.reserve(50);
    std::atomic<bool> open{false};
    {
      beat::ThreadPool pool{1};
      pool.post([&] { open.wait(false); });
      for (int i = 0; i < 50; ++i)
        succeeds([&] { futures.push_back(pool.submit([b = ballast{}] { return int{b.bytes[0]}; })); });
      open = true;
      open.notify_all();
      pool.shutdown(beat::shutdown_mode::stop);
    }
    for (auto& f : futures) {
      expect(f.is_ready(), "a future was left open");
      try {
        f.get();
      } catch (beat::error const& e) {
        expect(e.code() == beat::errc::cancelled, "another error");
      } catch (std::bad_alloc const&) {  // instead of the text of the error
      }
    }
  });
}
