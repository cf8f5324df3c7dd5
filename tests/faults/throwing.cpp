// SPDX-License-Identifier: MIT
// Where user code throws, at whichever point and on whichever thread: all that had begun ends first, exactly that
// exception arrives, every object is destroyed once, and the pool works on.

#include "throwing.hpp"

#include <atomic>
#include <beat.hpp>
#include <concepts>
#include <exception>
#include <utility>
#include <variant>

#include "catch.hpp"

namespace {

using namespace throwing;

}  // namespace

TEST_CASE("join: either side, their results and what they are made of", "[unit]") {
  throw_everywhere(20, [](eager_pool& pool) {
    int const sum = pool.run([](beat::context where) {
      auto lasting = make(1);
      auto [a, b, nothing, d] = beat::join(
          where, lasting, make(2), [] { call const here; },
          [&] {
            auto [e, f] = beat::join(make(4), lasting);
            return e + f;
          });
      static_assert(std::same_as<decltype(nothing), std::monostate>);
      return a.value + b.value + d.value;
    });
    expect(sum == 8, "wrong result");
  });
}

TEST_CASE("pcall: in order, out of order, and in a recursion", "[unit]") {
  throw_everywhere(8, [](eager_pool& pool) {
    int const sum = pool.run([] {
      auto const lasting = make(1);
      auto first = beat::pcall(make(2));
      auto second = beat::pcall(lasting);
      auto third = beat::pcall([] {
        auto inner = beat::pcall(make(4));
        fragile const own = make(8)();
        return own + inner.get();
      });
      fragile const a = second.get();
      fragile const c = third.get();
      fragile const b = first.get();
      return a.value + b.value + c.value;
    });
    expect(sum == 15, "wrong result");
  });
}

TEST_CASE("pcall_each: bodies and iterators", "[unit]") {
  throw_everywhere(40, [](eager_pool& pool) {
    std::atomic<int> sum{0};
    pool.run([&] { beat::pcall_each(fragile_view(20), fragile_callable{[&](int i) { sum += i; }}); });
    expect(sum == 190, "an element was left out");
  });
}

TEST_CASE("tasks: their copies, their bodies, and their results on the way to who waits", "[unit]") {
  throw_everywhere(15, [](eager_pool& pool) {
    // A task goes on where its future is dropped: this waits for all of them, whatever happens.
    struct quiet {
      eager_pool& pool;
      ~quiet() { pool.wait(); }
    } const at_the_end{pool};
    auto const lasting = make(1);
    auto a = pool.submit(lasting);
    auto b = pool.submit(make(2));
    auto c = beat::pcall(pool, make(4));
    auto d = pool.submit([] {
      auto [left, right] = beat::join(make(8), make(16));
      return left + right;
    });
    int const sum = a.get().value + b.get().value + c.get().value + d.get().value + pool.run(make(32)).value;
    expect(sum == 63, "wrong result");
  });
}

TEST_CASE("groups: their members' copies and bodies", "[unit]") {
  throw_everywhere(8, [](eager_pool& pool) {
    std::atomic<int> sum{0};
    beat::task_group group{pool};
    auto const member = [&](int v) { return fragile_callable{[&sum, v] { sum += v; }}; };
    auto const lasting = member(1);
    group.run(lasting);
    group.run(member(2));
    group.run([&] {
      beat::join(member(4), member(8));
      group.run(member(16));
    });
    group.wait();
    expect(sum == 31, "a member was left out");
  });
}

TEST_CASE("posted tasks: their copies and bodies", "[unit]") {
  throw_everywhere(4, [](eager_pool& pool) {
    std::atomic<int> sum{0};
    auto const task = [&](int v) { return fragile_callable{[&sum, v] { sum += v; }}; };
    auto const lasting = task(1);
    pool.post(lasting);
    expect(pool.try_post([&] { beat::join(task(2), task(4)); }).has_value(), "refused");
    pool.wait();
    if (handed) std::rethrow_exception(std::exchange(handed, nullptr));
    expect(sum == 7, "a task was left out");
  });
}
