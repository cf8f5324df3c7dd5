// SPDX-License-Identifier: MIT
#include <array>
#include <atomic>
#include <beat.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "build_kind.hpp"
#include "catch.hpp"
#include "support.hpp"

namespace {

using namespace task_test;

// Frames grow without optimisation and under a sanitizer, and the stack does not.
constexpr int deep = build_kind::has_small_frames ? 20'000 : 3'000;

// Thieves ask at once, and the stack for forked calls is short.
struct eager_policy {
  static constexpr beat::scheduler_tuning tuning() noexcept {
    return {.look_interval = 0, .pace = 0, .patience = 0, .fork_capacity = 24};
  }
};
using eager_pool = beat::basic_thread_pool<eager_policy>;

// Calls `f` on a thread outside of pools that has never forked (0 workers), or in a pool whose workers are awake.
template <class F>
void inside(unsigned workers, F&& f) {
  if (workers == 0) {
    std::thread{[&] { f(); }}.join();
  } else {
    beat::ThreadPool pool{workers};
    pool.post([] {});
    pool.run(f);
  }
}

// What both sides of a join know of each other. Where it is taken, the left side ends only once a thief has begun the
// right one; otherwise there is no thief.
class stage {
 public:
  explicit stage(bool taken) : taken_{taken}, pool_{taken ? 2U : 1U} {}

  template <class F>
  void run(F&& f) {
    if (taken_) pool_.post([] {});  // wakes a worker
    pool_.run(f);
  }
  void left() {
    owner_ = std::this_thread::get_id();
    if (taken_) wait_for(begun_);
    left_ended_ = true;
  }
  void right() {
    runner_ = std::this_thread::get_id();
    begun_ = true;
    if (taken_) wait_for(left_ended_);
  }
  bool as_planned() const { return begun_ && left_ended_ && (runner_ != owner_) == taken_; }

 private:
  bool const taken_;
  beat::ThreadPool pool_;
  std::thread::id owner_;
  std::thread::id runner_;
  std::atomic<bool> begun_{false};
  std::atomic<bool> left_ended_{false};
};

struct blown {};

long fibonacci(int n) {
  if (n < 2) return n;
  auto const [a, b] = beat::join([n] { return fibonacci(n - 1); }, [n] { return fibonacci(n - 2); });
  return a + b;
}

long fibonacci_at(beat::context here, int n) {
  if (n < 2) return n;
  auto const [a, b] = beat::join(
      here, [n](beat::context there) { return fibonacci_at(there, n - 1); },
      [n](beat::context there) { return fibonacci_at(there, n - 2); });
  return a + b;
}

// The recursion is on the left: as many right sides wait as there are levels.
int descend_left(int n) {
  if (n == 0) return 0;
  auto const [rest, one] = beat::join([n] { return descend_left(n - 1); }, [] { return 1; });
  return rest + one;
}

int descend_right(int n) {
  if (n == 0) return 0;
  auto const [one, rest] = beat::join([] { return 1; }, [n] { return descend_right(n - 1); });
  return rest + one;
}

template <class... F>
using join_result = decltype(beat::join(std::declval<F>()...));

struct gives_int {
  int operator()() const { return 1; }
};
struct gives_reference {
  std::string const& operator()() const { return *text; }
  std::string const* text;
};
struct gives_constant {
  std::string const operator()() const { return "constant"; }
};
struct gives_nothing {
  void operator()() const {}
};

static_assert(std::is_same_v<join_result<gives_int, gives_reference>, std::tuple<int, std::string>>);
static_assert(std::is_same_v<join_result<gives_nothing, gives_int>, std::tuple<std::monostate, int>>);
static_assert(std::is_same_v<join_result<gives_int, gives_int, gives_nothing>, std::tuple<int, int, std::monostate>>);
static_assert(std::is_void_v<join_result<gives_nothing, gives_nothing>>);
static_assert(std::is_same_v<join_result<gives_constant, gives_constant, gives_constant>,
                             std::tuple<std::string, std::string, std::string>>);
static_assert(std::is_void_v<join_result<gives_nothing&, gives_nothing, gives_nothing const&>>);

}  // namespace

TEST_CASE("join returns all results in order", "[unit]") {
  unsigned const workers = GENERATE(0U, 1U, 2U, 4U);
  std::tuple<int, std::string> two;
  std::tuple<int, std::string, double> three;
  std::tuple<char, int, std::string, double, long> five;
  inside(workers, [&] {
    two = beat::join([] { return 1; }, [] { return std::string{"b"}; });
    three = beat::join([] { return 1; }, [] { return std::string{"b"}; }, [] { return 2.5; });
    five = beat::join([] { return 'a'; }, [] { return 1; }, [] { return std::string(100, 'c'); }, [] { return 0.5; },
                      [] { return fibonacci(10); });
  });
  CHECK(two == std::tuple{1, std::string{"b"}});
  CHECK(three == std::tuple{1, std::string{"b"}, 2.5});
  CHECK(five == std::tuple{'a', 1, std::string(100, 'c'), 0.5, 55L});
}

TEST_CASE("join without a thief calls from left to right on the calling thread", "[unit]") {
  unsigned const workers = GENERATE(0U, 1U);
  std::vector<int> order;
  bool same_thread = true;
  inside(workers, [&] {
    auto const step = [&, me = std::this_thread::get_id()](int i) {
      return [&, me, i] {
        order.push_back(i);
        same_thread = same_thread && std::this_thread::get_id() == me;
      };
    };
    beat::join(step(1), step(2));
    beat::join(step(3), step(4), step(5), step(6), step(7));
  });
  CHECK(order == std::vector{1, 2, 3, 4, 5, 6, 7});
  CHECK(same_thread);
}

TEST_CASE("join gives a copy of what a reference refers to", "[unit]") {
  bool const taken = GENERATE(false, true);
  stage scene{taken};
  std::string target = "before";
  std::tuple<std::string, std::string> results;
  scene.run([&] {
    results = beat::join(
        [&]() -> std::string& {
          scene.left();
          return target;
        },
        [&]() -> std::string const& {
          scene.right();
          return target;
        });
  });
  target = "after";
  CHECK(scene.as_planned());
  CHECK(results == std::tuple{std::string{"before"}, std::string{"before"}});
}

TEST_CASE("join puts monostate where a call returns nothing", "[unit]") {
  unsigned const workers = GENERATE(0U, 1U, 2U, 4U);
  std::atomic<int> calls{0};
  int sum = 0;
  inside(workers, [&] {
    auto const nothing = [&] { ++calls; };
    auto const [a, first] = beat::join(nothing, [] { return 1; });
    auto const [second, b] = beat::join([] { return 10; }, nothing);
    auto const [c, third, d] = beat::join(nothing, [] { return 100; }, nothing);
    static_cast<void>(std::tuple{a, b, c, d});
    beat::join(nothing, nothing);
    beat::join(nothing, nothing, nothing, nothing, nothing);
    sum = first + second + third;
  });
  CHECK(sum == 111);
  CHECK(calls == 11);
}

TEST_CASE("join passes on results that can only be moved", "[unit]") {
  bool const taken = GENERATE(false, true);
  stage scene{taken};
  int sum = 0;
  scene.run([&] {
    auto [left, right] = beat::join(
        [&] {
          scene.left();
          return std::make_unique<int>(1);
        },
        [&, content = std::make_unique<int>(20)]() mutable {
          scene.right();
          return std::move(content);
        });
    auto [a, b, c] = beat::join([] { return std::make_unique<int>(300); }, [] { return 4'000; },
                                [] { return std::make_unique<counted>(50'000); });
    sum = *left + *right + *a + b + c->value;
  });
  CHECK(scene.as_planned());
  CHECK(sum == 54'321);
  CHECK(counted::live == 0);
}

TEST_CASE("join gives a copy of what an rvalue reference refers to and of a constant", "[unit]") {
  bool const taken = GENERATE(false, true);
  stage scene{taken};
  std::string target(100, 'x');
  std::tuple<std::string, std::string> results;
  scene.run([&] {
    results = beat::join(
        [&]() -> std::string const {
          scene.left();
          return gives_constant{}();
        },
        [&]() -> std::string&& {
          scene.right();
          return std::move(target);
        });
  });
  CHECK(scene.as_planned());
  CHECK(results == std::tuple{std::string{"constant"}, std::string(100, 'x')});
}

TEST_CASE("join keeps a result that is a pair or a tuple in one piece", "[unit]") {
  unsigned const workers = GENERATE(0U, 1U, 2U);
  using expected =
      std::tuple<std::pair<int, int>, std::tuple<int>, std::tuple<>, std::array<int, 2>, std::pair<int, int>>;
  expected found;
  inside(workers, [&] {
    auto const results =
        beat::join([] { return std::pair{1, 2}; }, [] { return std::tuple{3}; }, [] { return std::tuple<>{}; },
                   [] { return std::array{4, 5}; }, [] { return std::pair{6, 7}; });
    static_assert(std::is_same_v<decltype(results), expected const>);
    found = results;
  });
  CHECK(found == expected{{1, 2}, {3}, {}, {4, 5}, {6, 7}});
}

TEST_CASE("join calls a callable that has a name where it is", "[unit]") {
  unsigned const workers = GENERATE(0U, 1U, 2U);
  struct pinned {
    int calls = 0;
    pinned() = default;
    pinned(pinned const&) = delete;
    pinned& operator=(pinned const&) = delete;
    int operator()() { return ++calls; }
  };
  pinned left;
  pinned middle;
  pinned right;
  int temporaries = 0;
  inside(workers, [&] {
    beat::join(left, right);
    beat::join(left, middle, right);
    auto const [a, b, c] = beat::join(pinned{}, pinned{}, pinned{});  // temporaries need not be movable either
    temporaries = a + b + c;
  });
  CHECK(left.calls == 2);
  CHECK(middle.calls == 1);
  CHECK(right.calls == 2);
  CHECK(temporaries == 3);
}

TEST_CASE("join accepts a temporary that may throw when it is moved", "[unit]") {
  bool const taken = GENERATE(false, true);
  stage scene{taken};
  std::string const text = "text";  // a copy of it in a lambda is const, and so is copied when the lambda is moved
  std::tuple<std::string, std::string> results;
  scene.run([&] {
    results = beat::join(
        [&scene, text] {
          scene.left();
          return text + "1";
        },
        [&scene, text] {
          scene.right();
          return text + "2";
        });
  });
  CHECK(scene.as_planned());
  CHECK(results == std::tuple{std::string{"text1"}, std::string{"text2"}});
}

TEST_CASE("join accepts functions and pointers to functions", "[unit]") {
  int (*const pointer)() = [] { return 5; };
  CHECK(beat::join(pointer, pointer) == std::tuple{5, 5});
  struct local {
    static int function() { return 6; }
  };
  CHECK(beat::join(local::function, pointer, local::function) == std::tuple{6, 5, 6});
}

TEST_CASE("join gives a callable that accepts one the context of the thread that runs it", "[unit]") {
  bool const taken = GENERATE(false, true);
  bool const explicitly = GENERATE(false, true);
  stage scene{taken};
  bool left_is_here = false;
  bool right_is_here = false;
  long sum = 0;
  scene.run([&](beat::context here) {
    auto const left = [&, mine = &here.lane()](beat::context there) {
      scene.left();
      left_is_here = &there.lane() == mine;
      return fibonacci_at(there, 10);
    };
    auto const right = [&, mine = &here.lane()](beat::context there) {
      scene.right();
      right_is_here = &there.lane() == mine;
      return fibonacci_at(there, 12);
    };
    auto const [a, b] = explicitly ? beat::join(here, left, right) : beat::join(left, right);
    sum = a + b;
  });
  CHECK(scene.as_planned());
  CHECK(left_is_here);
  CHECK(right_is_here == !taken);
  CHECK(sum == 55 + 144);
}

TEST_CASE("outside of pools a join may come first or after others and with a context or without", "[unit]") {
  std::vector<std::string> found;
  auto const plain = [](std::string text) { return [text] { return text; }; };
  auto const given = [](std::string text) { return [text](beat::context) { return text; }; };
  auto const note = [&](auto&& results) {
    found.push_back(std::apply([](auto const&... texts) { return (texts + ...); }, results));
  };
  std::thread{[&] { note(beat::join(plain("a"), plain("b"))); }}.join();
  std::thread{[&] { note(beat::join(given("c"), plain("d"))); }}.join();
  std::thread{[&] { note(beat::join(plain("e"), plain("f"), given("g"))); }}.join();
  std::thread{[&] { note(beat::join(beat::here(), plain("h"), given("i"))); }}.join();
  std::thread{[&] {
    note(beat::join(plain("j"), [&] { return std::get<0>(beat::join(plain("k"), given("l"))); }));
    note(beat::join(plain("m"), plain("n")));
  }}.join();
  CHECK(found == std::vector<std::string>{"ab", "cd", "efg", "hi", "jk", "mn"});
}

TEST_CASE("the leftmost exception leaves a join after both sides have ended", "[unit]") {
  bool const taken = GENERATE(false, true);
  int const throwing = GENERATE(1, 2, 3);  // bit 0: the left side, bit 1: the right side
  stage scene{taken};
  bool right_ended = false;
  bool ended_when_caught = false;
  int caught = 0;
  scene.run([&] {
    try {
      beat::join(
          [&, content = counted{1}] {
            scene.left();
            if ((throwing & 1) != 0) throw counted{1};
            return counted{5};
          },
          [&, content = counted{1}] {
            scene.right();
            for (int volatile i = 0; i < 100'000;) i = i + 1;
            right_ended = true;
            if ((throwing & 2) != 0) throw counted{2};
            return counted{6};
          });
    } catch (counted const& e) {
      caught = e.value;
      ended_when_caught = right_ended;
    }
  });
  CHECK(scene.as_planned());
  CHECK(caught == ((throwing & 1) != 0 ? 1 : 2));
  CHECK(ended_when_caught);
  CHECK(counted::live == 0);
}

TEST_CASE("any of five calls may throw and all of them have ended", "[unit]") {
  unsigned const workers = GENERATE(0U, 1U, 2U, 4U);
  std::array<int, 32> caught{};
  std::array<int, 32> ended{};
  inside(workers, [&] {
    for (unsigned throwing = 0; throwing < 32; ++throwing) {
      std::atomic<int> calls{0};
      auto const nth = [&](int n) {
        return [&, n] {
          for (int volatile i = 0; i < 2'000;) i = i + 1;
          ++calls;
          if ((throwing >> n & 1) != 0) throw n;
          return counted{n};
        };
      };
      try {
        beat::join(nth(0), nth(1), nth(2), nth(3), nth(4));
        caught[throwing] = -1;
      } catch (int n) {
        caught[throwing] = n;
      }
      ended[throwing] = calls;
    }
  });
  std::array<int, 32> leftmost{};
  for (unsigned throwing = 0; throwing < 32; ++throwing) {
    leftmost[throwing] = -1;
    for (int n = 4; n >= 0; --n)
      if ((throwing >> n & 1) != 0) leftmost[throwing] = n;
  }
  std::array<int, 32> five{};
  five.fill(5);
  CHECK(caught == leftmost);
  CHECK(ended == five);
  CHECK(counted::live == 0);
}

TEST_CASE("an exception from deep inside nested joins passes all of them", "[unit]") {
  unsigned const workers = GENERATE(0U, 1U, 2U, 4U);
  struct thrower {
    std::atomic<int>& leaves;
    void down(int depth) const {
      if (depth == 0) {
        if (++leaves == 50) throw blown{};
      } else {
        beat::join([this, depth] { down(depth - 1); }, [this, depth] { down(depth - 1); });
      }
    }
  };
  std::atomic<int> leaves{0};
  int caught = 0;
  long after = 0;
  inside(workers, [&] {
    try {
      thrower{leaves}.down(7);
    } catch (blown) {
      ++caught;
    }
    after = fibonacci(12);
  });
  CHECK(leaves == 128);  // nothing is skipped
  CHECK(caught == 1);
  CHECK(after == 144);
}

TEST_CASE("the right side is taken while the left one is in a long leaf", "[unit]") {
  unsigned const workers = GENERATE(2U, 4U);
  beat::ThreadPool pool{workers};
  int taken = 0;
  int left_moved = 0;
  for (int i = 0; i < 20; ++i) {
    pool.post([] {});  // wakes a worker
    pool.run([&] {
      auto const me = std::this_thread::get_id();
      std::atomic<bool> ended{false};
      auto const [left, right] = beat::join(
          [&] {
            wait_for(ended);
            return std::this_thread::get_id();
          },
          [&] {
            auto const runner = std::this_thread::get_id();
            ended = true;
            return runner;
          });
      taken += right != me ? 1 : 0;
      left_moved += left != me ? 1 : 0;
    });
  }
  CHECK(taken == 20);
  CHECK(left_moved == 0);  // the first always runs on the calling thread
}

TEST_CASE("all calls of a join run at once where there are workers for them", "[unit]") {
  beat::ThreadPool pool{4};
  int met = 0;
  pool.post([] {});
  pool.run([&] {
    std::atomic<int> begun{0};
    std::atomic<bool> complete{false};
    auto const meet = [&] {
      if (++begun == 4) complete = true;
      return wait_for(complete) ? 1 : 0;
    };
    auto const [a, b, c, d] = beat::join(meet, meet, meet, meet);
    met = a + b + c + d;
  });
  CHECK(met == 4);
}

TEST_CASE("a thread that waits for the taken side takes part in what that side forks", "[unit]") {
  beat::ThreadPool pool{2};
  bool met = false;
  pool.post([] {});
  pool.run([&] {
    std::atomic<bool> outer{false};
    std::atomic<bool> inner{false};
    beat::join([&] { wait_for(outer); },
               [&] {
                 outer = true;  // the left side ends; its thread waits for this one
                 beat::join([&] { met = wait_for(inner); }, [&] { inner = true; });
               });
  });
  CHECK(met);
}

TEST_CASE("a recursion with join gives the serial result", "[unit]") {
  unsigned const workers = GENERATE(0U, 1U, 2U, 4U);
  long plain = 0;
  long given = 0;
  inside(workers, [&] {
    plain = fibonacci(20);
    given = fibonacci_at(beat::here(), 20);
  });
  CHECK(plain == 6'765);
  CHECK(given == 6'765);
  if (workers != 0) {
    eager_pool pool{workers};
    pool.post([] {});
    for (int i = 0; i < 5; ++i) {
      CHECK(pool.run([] { return fibonacci(16); }) == 987);
      CHECK(pool.run([](beat::context here) { return fibonacci_at(here, 16); }) == 987);
    }
  }
}

TEST_CASE("joins nest beyond what thieves can reach", "[unit]") {
  unsigned const workers = GENERATE(0U, 1U, 2U, 4U);
  std::array<int, 2> found{};
  inside(workers, [&] { found = {descend_left(deep), descend_right(deep)}; });
  CHECK(found == std::array{deep, deep});
  if (workers != 0) {
    eager_pool pool{workers};
    pool.post([] {});
    CHECK(pool.run([] { return descend_left(deep); }) == deep);
    CHECK(pool.run([] { return descend_right(deep); }) == deep);
  }
}

TEST_CASE("many threads outside of pools join at once", "[unit]") {
  std::array<long, 8> found{};
  std::vector<std::thread> threads;
  for (long& result : found) threads.emplace_back([&result] { result = fibonacci(15); });
  for (std::thread& t : threads) t.join();
  std::array<long, 8> expected{};
  expected.fill(610);
  CHECK(found == expected);
}
