// SPDX-License-Identifier: MIT
// The hooks on the threads of a pool: on which they are called, in which order, and what becomes of their exceptions.

#include <algorithm>
#include <atomic>
#include <beat.hpp>
#include <chrono>
#include <exception>
#include <mutex>
#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "machine_of.hpp"
#include "task/support.hpp"

#if BEAT_HAS_LINUX()
#include "base/dies.hpp"
#endif

namespace {

using namespace std::chrono_literals;

/// Who came and who went.
class guest_book {
 public:
  beat::pool_options options(unsigned workers) {
    return {.workers = workers,
            .on_worker_start = [this](unsigned id) { start(id); },
            .on_worker_exit = [this](unsigned id) { exit(id); },
            .on_exception = [this](std::exception_ptr const&) { ++handled_; }};
  }

  /// From now on the hook throws for those who come after so many.
  void throw_after(int count) { left_ = count; }

  bool is_here() const { return present == this; }
  int handled() const { return handled_; }
  std::vector<unsigned> started() const { return sorted(started_); }
  std::vector<unsigned> exited() const { return sorted(exited_); }
  bool is_sound() const { return sound_; }

 private:
  void start(unsigned id) {
    if (left_-- <= 0) throw std::runtime_error{"no more"};
    sound_ = sound_ && present == nullptr;
    present = this;
    std::lock_guard const lock{mutex_};
    started_.push_back(id);
  }
  void exit(unsigned id) {
    sound_ = sound_ && present == this;
    std::lock_guard const lock{mutex_};
    exited_.push_back(id);
  }
  std::vector<unsigned> sorted(std::vector<unsigned> const& written) const {
    std::lock_guard const lock{mutex_};
    std::vector<unsigned> ids = written;
    std::sort(ids.begin(), ids.end());
    return ids;
  }

  static inline thread_local guest_book const* present = nullptr;

  mutable std::mutex mutex_;
  std::vector<unsigned> started_, exited_;
  std::atomic<int> left_{1'000'000};
  std::atomic<int> handled_{0};
  std::atomic<bool> sound_{true};
};

using ids = std::vector<unsigned>;

/// Queues tasks that block, so that others stand in for them; returns how many of them ran on a thread without the
/// hook.
int strangers_among_blocked(beat::ThreadPool& pool, guest_book const& book, int count) {
  std::atomic<int> blocked{0}, strangers{0};
  for (int i = 0; i < count; ++i)
    pool.post([&] {
      strangers += !book.is_here();
      beat::blocking([&] {
        ++blocked;
        while (blocked < count) std::this_thread::sleep_for(1ms);
      });
    });
  while (!pool.wait_for(1s)) {  // wait() would help
  }
  return strangers;
}

}  // namespace

TEST_CASE("each thread of a pool begins and ends with the hooks", "[unit]") {
  guest_book book;
  {
    beat::ThreadPool pool{book.options(3)};
    CHECK(book.started() == ids{0, 1, 2});
    std::atomic<int> strangers{0};
    for (int i = 0; i < 100; ++i) pool.post([&] { strangers += !book.is_here(); });
    while (!pool.wait_for(1s)) {
    }
    CHECK(strangers == 0);
    CHECK(pool.run([&] { return !book.is_here(); }));  // this thread is a guest
    CHECK(book.exited().empty());
  }
  CHECK(book.exited() == ids{0, 1, 2});
  CHECK(book.is_sound());
}

TEST_CASE("threads that stand in for others or come by a resize have the hooks as well", "[unit]") {
  guest_book book;
  {
    beat::ThreadPool pool{book.options(1)};
    CHECK(strangers_among_blocked(pool, book, 4) == 0);
    std::size_t const before = book.started().size();
    CHECK(before >= 4);
    pool.resize(8);
    CHECK(book.started().size() >= 8);
    CHECK(strangers_among_blocked(pool, book, 12) == 0);
  }
  CHECK(book.started() == book.exited());
  CHECK(book.is_sound());
  ids const started = book.started();
  CHECK(std::adjacent_find(started.begin(), started.end()) == started.end());
}

TEST_CASE("a pool can't be made where a start hook throws", "[unit]") {
  for (int good = 0; good < 3; ++good) {
    guest_book book;
    book.throw_after(good);
    CHECK(task_test::message_of([&] { beat::ThreadPool const pool{book.options(3)}; }) == "no more");
    CHECK(book.started().size() == static_cast<std::size_t>(good));
    CHECK(book.exited() == book.started());
    CHECK(book.is_sound());
  }
}

#if BEAT_HAS_LINUX()
TEST_CASE("an exit hook that throws ends the program, and so does a start hook where nobody could learn of it",
          "[unit]") {
  auto const at_exit = beat_test::run_in_child([] {
    beat::ThreadPool const pool{{.workers = 1, .on_worker_exit = [](unsigned) { throw std::runtime_error{"own"}; }}};
  });
  CHECK(at_exit.aborted);
  auto const at_start = beat_test::run_in_child([] {
    beat::ThreadPool pool{{.workers = 1, .on_worker_start = [](unsigned id) {
                             if (id != 0) throw std::runtime_error{"own"};
                           }}};
    pool.post([] { beat::blocking([] { std::this_thread::sleep_for(10s); }); });
    static_cast<void>(pool.wait_for(10s));
  });
  CHECK(at_start.aborted);
}
#endif

TEST_CASE("a pool does not grow where a start hook throws, and can grow later", "[unit]") {
  guest_book book;
  {
    beat::ThreadPool pool{book.options(2)};
    for (int good = 0; good < 2; ++good) {
      book.throw_after(good);
      CHECK(task_test::message_of([&] { pool.resize(2 + static_cast<unsigned>(good) + 2); }) == "no more");
      CHECK(pool.workers() == 2);
      CHECK(pool.submit([] { return 1; }).get() == 1);
    }
    CHECK(pool.rebind(beat::placement_policy::none).size() == 2);  // none of them is a thread that has gone
    book.throw_after(100);
    pool.resize(5);
    CHECK(pool.workers() == 5);
    CHECK(strangers_among_blocked(pool, book, 5) == 0);
  }
  CHECK(book.handled() == 0);
  CHECK(book.exited() == book.started());
}

TEST_CASE("rebind leaves alone who rebinds, though a thread of the pool has gone", "[unit]") {
  beat::cpu_set const before = beat::this_thread_affinity();
  std::vector<beat::cpu_set> nodes;
  for (unsigned const cpu : before) nodes.push_back({cpu});
  guest_book book;
  beat::pool_options options = book.options(1);
  options.placement = beat::placement_policy::compact;
  options.machine = machine_of(nodes);
  beat::ThreadPool pool{std::move(options)};
  book.throw_after(0);
  CHECK(task_test::message_of([&] { pool.resize(2); }) == "no more");
  std::this_thread::sleep_for(20ms);  // until the system has forgotten the thread
  CHECK(pool.rebind(beat::placement_policy::compact).size() == 1);
  CHECK(beat::this_thread_affinity() == before);
}

TEST_CASE("a thread that was to stand in for another one goes where its start hook throws", "[unit]") {
  guest_book book;
  {
    beat::ThreadPool pool{book.options(1)};
    book.throw_after(0);
    std::atomic<bool> go_on{false}, blocks{false};
    pool.post([&] {
      beat::blocking([&] {
        blocks = true;
        while (!go_on) std::this_thread::sleep_for(1ms);
      });
    });
    std::atomic<int> ran{0};
    for (int i = 0; i < 10; ++i) pool.post([&] { ++ran; });
    while (!blocks || book.handled() == 0) std::this_thread::sleep_for(1ms);
    CHECK(ran == 0);
    book.throw_after(100);
    // The next arrival starts one that can, once the pool knows that the last one has gone.
    while (ran < 10) {
      pool.post([] {});
      std::this_thread::sleep_for(1ms);
    }
    go_on = true;
    pool.wait();
  }
  CHECK(book.handled() >= 1);
  CHECK(book.started() == book.exited());
  CHECK(book.started().size() >= 2);
}

TEST_CASE("when a thread leaves its hook may block and use other pools, and no thread stands in for it", "[unit]") {
  beat::ThreadPool other{1};
  std::atomic<int> begun{0}, left{0}, answers{0};
  for (int i = 0; i < 20; ++i) {
    beat::ThreadPool const pool{{.workers = 4,
                                 .on_worker_start = [&](unsigned) { ++begun; },
                                 .on_worker_exit =
                                     [&](unsigned) {
                                       beat::blocking([] { std::this_thread::sleep_for(1ms); });
                                       answers += other.submit([] { return 1; }).get();
                                       ++left;
                                     }}};
  }
  CHECK(begun == 80);
  CHECK(left == 80);
  CHECK(answers == 80);
}
