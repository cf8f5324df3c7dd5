// SPDX-License-Identifier: MIT
// Where user code throws, at whichever point and on whichever thread: all that had begun ends first, exactly that
// exception arrives, every object is destroyed once, and the pool works on.

#include <atomic>
#include <beat.hpp>
#include <cstdint>
#include <exception>
#include <functional>
#include <iostream>
#include <ranges>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "faults.hpp"

namespace {

using namespace std::chrono_literals;
using faults::expect;
using faults::kind;
using faults::user_code;

/// Which forked calls another thread takes.
enum class promotion { none, all, seeded };

/// Its thieves ask, and use force, as soon as they see anybody busy, and each root calls them.
struct eager_policy {
  static constexpr beat::scheduler_tuning tuning() noexcept {
    return {.look_interval = 0, .pace = 0, .patience = 0, .long_root = 0};
  }
};

std::atomic<promotion> promoted{promotion::none};
std::atomic<std::uint32_t> coins{0};
std::atomic<bool> all_idle{true};  // nobody has waited for others in this run of the scenario
std::atomic<int> running{0};       // calls of user code that go on
std::exception_ptr handed;         // what a posted task threw

/// Lets others take what the calling thread has forked, where that is wanted: waits until they have. Only the first who
/// waits can be sure that somebody is idle.
void share() {
  promotion const which = promoted;
  if (which == promotion::none) return;
  if (which == promotion::seeded && (coins += 0x9e37'79b9) >> 31 == 0) return;
  auto& stack = beat::here().lane().stack;
  auto const is_kept = [&] { return stack.for_thieves().look().top() < stack.depth(); };
  if (!is_kept()) return;
  auto const end = stress::clock::now() + (all_idle.exchange(false) ? stress::clock::duration{5s} : 300us);
  while (is_kept() && stress::clock::now() < end) {
  }
}

/// A call of user code: shares, then passes a point.
class call {
 public:
  call() {
    ++running;
    share();
    try {
      user_code();
    } catch (...) {
      --running;
      throw;
    }
  }
  ~call() { --running; }
  call(call const&) = delete;
  call& operator=(call const&) = delete;
};

/// A value whose every operation is a point, and which knows whether it lives.
class fragile {
 public:
  static inline std::atomic<long> live{0};

  explicit fragile(int v) : value{v}, self_{this} { born(); }
  fragile(fragile const& other) : value{other.value}, self_{this} {
    user_code();
    other.check();
    born();
  }
  fragile(fragile&& other) : value{other.value}, self_{this} {
    user_code();
    other.check();
    born();
  }
  fragile& operator=(fragile const& other) {
    user_code();
    check();
    other.check();
    value = other.value;
    return *this;
  }
  ~fragile() {
    check();
    self_ = nullptr;
    --live;
  }

  friend bool operator<(fragile const& a, fragile const& b) {
    call const c;
    a.check();
    b.check();
    return a.value < b.value;
  }
  friend fragile operator+(fragile const& a, fragile const& b) {
    call const c;
    a.check();
    b.check();
    return fragile{a.value + b.value};
  }

  int value;

 private:
  static void born() noexcept { ++live; }
  void check() const noexcept { expect(self_ == this, "an object is used that does not live"); }

  fragile const* self_;
};

/// A callable whose copies and moves are points, as its calls are.
template <class F>
struct fragile_callable {
  F f;
  fragile weight{0};

  template <class... A>
    requires std::invocable<F&, A...>
  decltype(auto) operator()(A&&... a) {
    call const c;
    return std::invoke(f, std::forward<A>(a)...);
  }
};
template <class F>
fragile_callable(F) -> fragile_callable<F>;

/// The numbers below `size`, by iterators that throw.
auto fragile_view(int size) {
  return std::views::iota(0, size) | std::views::transform([](int i) {
           user_code();
           return i;
         });
}

using eager_pool = beat::basic_thread_pool<eager_policy>;

/// Throws at each point of what `scenario` does on a pool, for each kind of promotion; wants at least so many points in
/// each. The pool is the same throughout.
template <class Scenario>
void throw_everywhere(long at_least, Scenario scenario) {
  promoted = GENERATE(promotion::none, promotion::all, promotion::seeded);
  eager_pool pool{{.workers = promoted == promotion::none ? 1U : 3U,
                   .on_exception = [](std::exception_ptr error) { handed = std::move(error); }}};
  auto const [points, wrong] = faults::fail_each(kind::user_code, [&] {
    all_idle = true;
    try {
      scenario(pool);
      expect(running == 0, "a call goes on after the end");
    } catch (...) {
      expect(running == 0, "a call goes on after its exception has arrived");
      expect(pool.run([] { return 42; }) == 42, "the pool does not work any more");
      throw;
    }
  });
  pool.wait();
  std::cout << points << " points, " << pool.stats().jobs_stolen << " calls taken\n" << std::flush;
  INFO(wrong);
  CHECK(wrong.empty());
  CHECK(points >= at_least);
  CHECK(fragile::live == 0);
  if (promoted != promotion::seeded) CHECK((pool.stats().jobs_stolen != 0) == (promoted == promotion::all));
  promoted = promotion::none;
}

auto const make = [](int v) { return fragile_callable{[v] { return fragile{v}; }}; };

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

TEST_CASE("parallel_for and parallel_for_each: bodies, their copies, and iterators", "[unit]") {
  throw_everywhere(80, [](eager_pool& pool) {
    std::atomic<int> sum{0};
    beat::parallel_for(pool, 0, 30, fragile_callable{[&](int i) { sum += i; }});
    beat::parallel_for_each(pool, fragile_view(30), fragile_callable{[&](int i) { sum += i; }});
    expect(sum == 2 * 435, "an element was left out");
  });
}

TEST_CASE("parallel_map: results that throw when they move or are assigned", "[unit]") {
  throw_everywhere(100, [](eager_pool& pool) {
    auto const body = fragile_callable{[](int i) { return fragile{i}; }};
    std::vector<fragile> made = beat::parallel_map(pool, fragile_view(20), body);
    for (int i = 0; i < 20; ++i) expect(made[static_cast<std::size_t>(i)].value == i, "wrong result");
    beat::parallel_map(pool, made, made, fragile_callable{[](fragile const& f) { return f + f; }});
    for (int i = 0; i < 20; ++i) expect(made[static_cast<std::size_t>(i)].value == 2 * i, "wrong result");
  });
}

TEST_CASE("parallel_reduce: the sum, the projection, and what is merged", "[unit]") {
  throw_everywhere(100, [](eager_pool& pool) {
    auto const projection = fragile_callable{[](int i) { return fragile{i}; }};
    fragile const sum =
        beat::parallel_reduce(pool, fragile_view(20), fragile{0},
                              fragile_callable{[](fragile const& a, fragile const& b) { return a + b; }}, projection);
    expect(sum.value == 190, "wrong result");
  });
}

TEST_CASE("parallel_sort: comparisons, projections and moves", "[unit]") {
  throw_everywhere(200, [](eager_pool& pool) {
    std::vector<fragile> values;
    values.reserve(32);
    for (int i = 0; i < 32; ++i) values.emplace_back(i * 21 % 32);
    beat::parallel_sort(pool, values, std::less<>{},
                        fragile_callable{[](fragile const& f) -> fragile const& { return f; }});
    for (int i = 0; i < 32; ++i) expect(values[static_cast<std::size_t>(i)].value == i, "not sorted");
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
