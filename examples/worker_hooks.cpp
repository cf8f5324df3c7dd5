// SPDX-License-Identifier: MIT
// worker_hooks: what each thread of a pool sets up for itself and takes down; a pool that grows and shrinks while it
// works; tasks with names and deadlines; and an end that takes no longer than it may.

#include <beat.hpp>

#include <atomic>
#include <chrono>
#include <iostream>
#include <memory>
#include <sstream>
#include <stop_token>
#include <thread>

namespace {

using namespace std::chrono_literals;

/// Stands for what a thread can't share: a connection, a context of a library.
struct connection {
  static inline std::atomic<int> open{0};
  connection() { ++open; }
  ~connection() { --open; }
  int query(int i) const { return i * i; }
};

thread_local std::unique_ptr<connection> of_this_thread;

bool is_late(beat::future<int> answer) {
  try {
    answer.get();
  } catch (beat::error const& e) {
    return e.code() == beat::errc::deadline_exceeded;
  }
  return false;
}

}  // namespace

int main() {
  bool good = true;
  {
    beat::ThreadPool pool{{.workers = 2,
                           .on_worker_start = [](unsigned) { of_this_thread = std::make_unique<connection>(); },
                           .on_worker_exit = [](unsigned) { of_this_thread.reset(); }}};
    good &= connection::open == 2;
    pool.resize(4);  // two more threads, with a connection each, before this returns
    good &= connection::open == 4 && pool.workers() == 4;
    std::atomic<long> sum{0};
    for (int i = 0; i < 1000; ++i) pool.post([&sum, i] { sum += of_this_thread->query(i); });
    pool.resize(1);               // while they run: three threads go to sleep once they have ended what they do
    while (!pool.wait_for(1s)) {  // wait() would help, and this thread has no connection
    }
    good &= sum == 332'833'500;

    auto const yesterday = std::chrono::steady_clock::now() - 24h;
    good &= is_late(pool.submit([] { return 42; }, {.deadline = yesterday}));

    std::atomic<bool> begun{false};
    auto const serve = [&begun](std::stop_token stop) {
      begun = true;
      while (!stop.stop_requested()) std::this_thread::sleep_for(1ms);
    };
    auto server = pool.submit(serve, {.name = "serve"});
    while (!begun) std::this_thread::yield();
    std::ostringstream now;
    pool.describe(now);
    good &= now.str().find("runs 'serve'") != std::string::npos;
    good &= !pool.shutdown_for(10ms);  // not drained by then: the server was asked to stop, and did
    good &= server.is_ready();
  }
  good &= connection::open == 0;
  std::cout << (good ? "each thread had its connection, and none is left\n" : "something went wrong\n");
  return good ? 0 : 1;
}
