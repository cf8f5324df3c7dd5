// SPDX-License-Identifier: MIT
// The completion under every schedule: one claim; everybody who waits is woken, sees the result, and may be the one who
// destroys it; and who follows is told once.

#include <beat/runtime/completion.hpp>

#include "catch.hpp"
#include "explorer.hpp"

namespace {

using beat::task_outcome;

/// As a future and the queue hold it: whoever lets go last destroys it.
struct task {
  beat::completion<model::atomics> done;
  model::plain<int> result = 0;
  model::plain<int> follower = 0;
  model::plain<int> told = 0;
  model::atomic<int> holders;

  explicit task(int count) : holders{count} {}

  void run() {
    if (done.claim()) {
      result = result + 1;
      if (done.end(task_outcome::completed)) tell();
    }
  }
  void follow() {
    follower = 7;
    if (!done.follow()) tell();
  }
  void tell() {
    model::expect(follower == 7, "the follower is not visible");
    told = told + 1;
    read();
  }
  void read() {
    model::expect(result == 1, "it ran twice, or the result is not visible");
    model::expect(done.has_ended() && done.outcome() == task_outcome::completed, "waited, but it had not ended");
  }
  void release() {
    if (holders.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }
};

}  // namespace

TEST_CASE("completion: one runs, one waits, and the last one destroys it", "[model][completion]") {
  model::verify({.at_least = 140}, [] {
    auto* const t = new task{2};
    model::parallel(
        [t] {
          t->run();
          t->release();
        },
        [t] {
          t->done.wait();
          t->read();
          t->release();
        });
  });
}

TEST_CASE("completion: two claim, two wait", "[model][completion]") {
  model::verify({.at_least = 72'000}, [] {
    auto* const t = new task{3};
    model::parallel(
        [t] {
          t->run();
          t->release();
        },
        [t] {
          t->run();
          t->done.wait();
          t->read();
          t->release();
        },
        [t] {
          t->done.wait();
          t->read();
          t->release();
        });
  });
}

TEST_CASE("completion: who sees the end sees the result", "[model][completion]") {
  model::verify({.at_least = 1'700}, [] {
    task t{1};
    model::parallel([&] { t.run(); },
                    [&] {
                      if (t.done.has_ended()) t.read();
                    },
                    [&] {
                      t.done.wait_for(1000);
                      if (t.done.has_ended()) t.read();
                    });
  });
}

TEST_CASE("completion: who follows is told once and sees the result", "[model][completion]") {
  model::verify({.at_least = 20}, [] {
    task t{1};
    model::parallel([&] { t.run(); }, [&] { t.follow(); });
    model::expect(t.told == 1, "the follower was not told, or twice");
  });
}

TEST_CASE("completion: one follows while two claim and one of them waits", "[model][completion]") {
  model::verify({.at_least = 1'000}, [] {
    auto* const t = new task{3};
    model::parallel(
        [t] {
          t->run();
          t->release();
        },
        [t] {
          t->follow();
          t->release();
        },
        [t] {
          t->run();
          t->done.wait();
          t->read();
          t->release();
        });
  });
}
