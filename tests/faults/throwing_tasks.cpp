// SPDX-License-Identifier: MIT
// Where user code or an allocation fails in futures and what follows on them, in coroutines, and in what blocks.

#include <atomic>
#include <beat.hpp>
#include <beat/task/coroutine.hpp>
#include <exception>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "throwing.hpp"

namespace {

using namespace throwing;

/// Tasks go on where their futures are dropped: this waits for all of them, whatever happens.
struct quiet {
  eager_pool& pool;
  ~quiet() { pool.wait(); }
};

/// The sum, on two threads.
fragile sum_of(fragile const& a, fragile const& b) {
  auto [left, right] = beat::join([&] { return a + fragile{0}; }, [&] { return fragile{0} + b; });
  return left + right;
}

beat::task<fragile> value_later(eager_pool& pool, int v) {
  fragile const local{v};
  co_await beat::schedule(pool);
  co_return sum_of(local, fragile{0});
}

beat::task<fragile> sum_later(eager_pool& pool) {
  auto [a, b] = co_await beat::when_all(value_later(pool, 1), value_later(pool, 2));
  fragile const third = co_await value_later(pool, 4);
  std::vector<beat::task<fragile>> more;
  for (int i = 8; i < 64; i *= 2) more.push_back(value_later(pool, i));
  int sum = a.value + b.value + third.value;
  for (fragile const& f : co_await beat::when_all(std::move(more))) sum += f.value;
  co_return fragile{sum};
}

beat::task<> count_later(eager_pool& pool, std::atomic<int>& count) {
  co_await beat::schedule(pool);
  auto const half = [] { call const c; };
  beat::join(half, half);
  ++count;
}

}  // namespace

TEST_CASE("then: what follows, its copies, and values on their way to it", "[unit]") {
  fail_everywhere(15, 2, [](eager_pool& pool) {
    quiet const at_the_end{pool};
    auto first = pool.submit(make(1));
    auto second = first.then(fragile_callable{[](fragile const& f) { return sum_of(f, fragile{1}); }});
    auto third = second.then([](beat::future<fragile> f) {
      call const c;
      return f.get();
    });
    auto fourth = third.then(fragile_callable{[](fragile f) { return f; }});
    expect(fourth.get().value == 2, "wrong result");
  });
}

TEST_CASE("when_all and when_any: tasks, results, and what follows", "[unit]") {
  fail_everywhere(20, 2, [](eager_pool& pool) {
    quiet const at_the_end{pool};
    auto both = beat::when_all(pool.submit(make(1)), pool.submit(make(2)));
    auto sum = both.then([](std::tuple<fragile, fragile> const& t) { return std::apply(sum_of, t); });
    std::vector<beat::future<fragile>> futures;
    for (int i = 4; i < 32; i *= 2) futures.push_back(pool.submit(make(i)));
    auto all = beat::when_all(std::move(futures));
    auto any = beat::when_any(pool.submit(make(5)), pool.submit(make(5)));
    int total = sum.get().value;
    for (fragile const& f : all.get()) total += f.value;
    expect(total == 31, "wrong result");
    expect(any.get().value.value == 5, "wrong result");
  });
}

TEST_CASE("promises: values that are made of others, and exceptions", "[unit]") {
  fail_everywhere(3, 1, [](eager_pool& pool) {
    quiet const at_the_end{pool};
    beat::promise<fragile> given{pool};
    auto got = given.get_future().then(fragile_callable{[](fragile const& f) { return sum_of(f, fragile{1}); }});
    fragile const value{41};
    given.set_value(value);
    expect(got.get().value == 42, "wrong result");

    beat::promise<int> failing{pool};
    auto failed = failing.get_future();
    try {
      user_code();
      failing.set_value(1);
    } catch (...) {
      failing.set_exception(std::current_exception());
    }
    expect(failed.get() == 1, "wrong result");
  });
}

TEST_CASE("coroutines: bodies, results, and where they go on", "[unit]") {
  fail_everywhere(10, 5, [](eager_pool& pool) {
    quiet const at_the_end{pool};
    expect(beat::sync_wait(sum_later(pool)).value == 63, "wrong result");
  });
}

TEST_CASE("async_scope: its coroutines", "[unit]") {
  fail_everywhere(6, 3, [](eager_pool& pool) {
    std::atomic<int> count{0};
    beat::async_scope scope{pool};
    for (int i = 0; i < 6; ++i) scope.spawn(count_later(pool, count));
    scope.wait();
    expect(count == 6, "a coroutine was left out");
  });
}

TEST_CASE("blocking: what sleeps, and what it forks", "[unit]") {
  fail_everywhere(6, 0, [](eager_pool& pool) {
    quiet const at_the_end{pool};
    auto slept = pool.submit([] {
      return beat::blocking([] {
        call const c;
        std::this_thread::sleep_for(10us);
        auto [a, b] = beat::join(make(1), make(2));
        return a + b;
      });
    });
    expect(slept.get().value == 3, "wrong result");
  });
}
