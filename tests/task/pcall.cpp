// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <atomic>
#include <beat.hpp>
#include <chrono>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "build_kind.hpp"
#include "catch.hpp"
#include "support.hpp"

namespace {

using namespace task_test;

// Frames grow without optimisation and under a sanitizer, and the stack does not.
constexpr int deep = build_kind::has_small_frames ? 30'000 : 3'000;

// A pool where the call that is forked last is certainly taken by a thief, or certainly not.
class stage {
 public:
  explicit stage(bool taken) : taken_{taken}, pool_{taken ? 2U : 1U} {}

  template <class F>
  decltype(auto) run(F&& f) {
    return pool_.run([&]() -> decltype(auto) {
      if (taken_) pool_.post([] {});  // wakes a worker
      begun_ = false;
      owner_ = std::this_thread::get_id();
      return f();
    });
  }

  void begin() {  // in the forked call
    runner_ = std::this_thread::get_id();
    begun_ = true;
  }
  void meet() const {  // in its owner, before the join
    if (taken_) wait_for(begun_);
  }
  bool as_planned() const { return begun_ && (runner_ != owner_) == taken_; }

 private:
  bool const taken_;
  beat::ThreadPool pool_;
  std::thread::id owner_;
  std::thread::id runner_;
  std::atomic<bool> begun_{false};
};

struct blown {};

// Throws once, at the n-th spark from now on.
class fuse {
 public:
  static void light(int n) { left = n; }
  static void spark() {
    if (--left == 0) throw blown{};
  }
  static bool is_blown() { return left <= 0; }

 private:
  static inline std::atomic<int> left{0};
};

// A callable, and its own result: everything it does may throw.
struct fragile {
  counted content{7};
  fragile() = default;
  fragile(fragile const& other) : content{other.content} { fuse::spark(); }
  fragile(fragile&& other) : content{other.content} { fuse::spark(); }
  fragile& operator=(fragile const&) = delete;
  ~fragile() = default;
  fragile operator()() const {
    fuse::spark();
    return *this;
  }
};

// Everything a thief can do wrong happens sooner where it is not paced, and where stacks are short.
struct eager_policy {
  static constexpr beat::scheduler_tuning tuning() noexcept {
    return {.look_interval = 0, .pace = 0, .patience = 0, .fork_capacity = 24, .deque_capacity = 2};
  }
};
using eager_pool = beat::basic_thread_pool<eager_policy>;

// ---- a tree of calls, whose futures are used in random order ----

struct plan {
  explicit plan(unsigned seed) : random{seed} {
    children.resize(random() % 6);
    for (unsigned& child : children) child = static_cast<unsigned>(random());
    order.resize(children.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::shuffle(order.begin(), order.end(), random);
    if (random() % 4 == 0) order.resize(random() % (order.size() + 1));  // what is left is discarded
    spins = static_cast<int>(random() % 500);
  }
  std::minstd_rand random;
  std::vector<unsigned> children;
  std::vector<std::size_t> order;
  int spins;
};

long serial_tree(unsigned seed, int depth) {
  plan const p{seed};
  long sum = 1;
  for (std::size_t const i : p.order)
    if (depth > 0) sum += static_cast<long>(i + 1) * serial_tree(p.children[i], depth - 1) % 1'000'003;
  return sum;
}

long parallel_tree(unsigned seed, int depth);

struct subtree {
  unsigned seed;
  int depth;
  std::unique_ptr<counted> content = std::make_unique<counted>(1);
  long operator()() const { return parallel_tree(seed, depth); }
};

long use_in_order(plan const& p, int depth, std::vector<beat::potential_future<subtree>*>& calls) {
  if (calls.size() < p.children.size()) {
    auto call = beat::pcall(subtree{p.children[calls.size()], depth - 1});
    calls.push_back(&call);
    return use_in_order(p, depth, calls);
  }
  for (int volatile i = 0; i < p.spins;) i = i + 1;
  long sum = 1;
  for (std::size_t const i : p.order) sum += static_cast<long>(i + 1) * calls[i]->get() % 1'000'003;
  return sum;
}

long parallel_tree(unsigned seed, int depth) {
  plan const p{seed};
  if (depth == 0) return 1;
  std::vector<beat::potential_future<subtree>*> calls;
  return use_in_order(p, depth, calls);
}

long fibonacci(int n) {
  if (n < 2) return n;
  auto left = beat::pcall([n] { return fibonacci(n - 1); });
  long const right = fibonacci(n - 2);
  return left.get() + right;
}

long fibonacci_at(beat::context here, int n) {
  if (n < 2) return n;
  auto left = beat::pcall(here, [n](beat::context there) { return fibonacci_at(there, n - 1); });
  long const right = fibonacci_at(here, n - 2);
  return left.get() + right;
}

// The recursion is in the call.
long descend_by_call(int n) {
  if (n == 0) return 0;
  auto rest = beat::pcall([n] { return descend_by_call(n - 1); });
  return 1 + rest.get();
}

// The recursion is beside the call: as many futures live as there are levels.
long descend_beside_call(int n) {
  if (n == 0) return 0;
  auto one = beat::pcall([] { return 1; });
  long const rest = descend_beside_call(n - 1);
  return rest + one.get();
}

}  // namespace

TEST_CASE("get returns what the call returned, whatever its type", "[unit]") {
  bool const taken = GENERATE(false, true);
  stage scene{taken};
  int target = 0;
  auto const result_of = [&](auto f) -> decltype(auto) {
    return scene.run([&]() -> decltype(auto) {
      auto call = beat::pcall([&]() -> decltype(auto) {
        scene.begin();
        return f();
      });
      scene.meet();
      return call.get();
    });
  };

  CHECK(result_of([] { return 42; }) == 42);
  CHECK(scene.as_planned());
  CHECK(&result_of([&]() -> int& { return target; }) == &target);
  CHECK(&result_of([&]() -> int const& { return target; }) == &target);
  result_of([&] { target = 5; });
  CHECK(target == 5);
  CHECK(*result_of([] { return std::make_unique<int>(6); }) == 6);
  CHECK(result_of([] { return std::string(1000, 'x'); }) == std::string(1000, 'x'));
  CHECK(result_of([] { return std::pair{1, std::string{"two"}}; }) == std::pair{1, std::string{"two"}});
  CHECK(result_of([] { return std::string{"moved"}; }) == "moved");
  CHECK(result_of([&] { return &target; }) == &target);

  std::array<int, 5000> const large = result_of([] {
    std::array<int, 5000> numbers{};
    std::iota(numbers.begin(), numbers.end(), 0);
    return numbers;
  });
  CHECK(std::accumulate(large.begin(), large.end(), 0) == 4999 * 5000 / 2);

  struct alignas(128) aligned {
    int value;
  };
  CHECK(result_of([] { return aligned{3}; }).value == 3);
  CHECK(result_of([] { return counted{8}; }).value == 8);
  CHECK(counted::live == 0);
}

TEST_CASE("a call that nobody can take runs in get, on the same thread", "[unit]") {
  beat::ThreadPool pool{1};
  bool early = true;
  bool same_thread = false;
  pool.run([&] {
    bool ran = false;
    auto call = beat::pcall([&, me = std::this_thread::get_id()] {
      ran = true;
      same_thread = std::this_thread::get_id() == me;
    });
    early = ran;
    call.get();
  });
  CHECK_FALSE(early);
  CHECK(same_thread);
}

TEST_CASE("a call is taken while its owner is in a long leaf, without any help of the leaf", "[unit]") {
  unsigned const workers = GENERATE(2U, 4U);
  beat::ThreadPool pool{workers};
  int taken = 0;
  for (int i = 0; i < 20; ++i) {
    pool.run([&] {
      pool.post([] {});  // wakes a worker
      std::atomic<bool> begun{false};
      auto call = beat::pcall([&, me = std::this_thread::get_id()] {
        begun = true;
        return std::this_thread::get_id() != me;
      });
      wait_for(begun);
      taken += call.get() ? 1 : 0;
    });
  }
  CHECK(taken == 20);
}

TEST_CASE("several calls are taken at once from one long leaf", "[unit]") {
  beat::ThreadPool pool{4};
  int met = 0;
  bool const all_met = pool.run([&] {
    pool.post([] {});
    std::atomic<int> begun{0};
    std::atomic<bool> complete{false};
    auto const meet = [&] {
      if (++begun == 3) complete = true;
      return wait_for(complete) ? 1 : 0;
    };
    auto a = beat::pcall(meet);
    auto b = beat::pcall(meet);
    auto c = beat::pcall(meet);
    wait_for(complete);
    met = a.get() + c.get() + b.get();
    return complete.load();
  });
  CHECK(all_met);
  CHECK(met == 3);
}

TEST_CASE("a recursion with pcall gives the serial result", "[unit]") {
  unsigned const workers = GENERATE(1U, 2U, 4U, 16U);
  beat::ThreadPool pool{workers};
  CHECK(pool.run([] { return fibonacci(22); }) == 17'711);
  CHECK(pool.run([](beat::context here) { return fibonacci_at(here, 22); }) == 17'711);
  eager_pool eager{workers};
  for (int i = 0; i < 5; ++i) {
    CHECK(eager.run([] { return fibonacci(18); }) == 2'584);
    CHECK(eager.run([](beat::context here) { return fibonacci_at(here, 18); }) == 2'584);
  }
}

TEST_CASE("several calls are got in any order", "[unit]") {
  bool const eager = GENERATE(false, true);
  unsigned const workers = GENERATE(1U, 2U, 4U);
  auto const in_every_order = [](auto& pool) {
    std::array<int, 5> order{0, 1, 2, 3, 4};
    int wrong = 0;
    do {
      pool.run([&] {
        auto const work = [](int n) {
          return [n] {
            for (int volatile i = 0; i < n * 200;) i = i + 1;
            return n + static_cast<int>(fibonacci(n));
          };
        };
        auto a = beat::pcall(work(7));
        auto b = beat::pcall(work(2));
        auto c = beat::pcall(work(5));
        auto d = beat::pcall(work(1));
        auto e = beat::pcall(work(6));
        std::array<decltype(a)*, 5> const calls{&a, &b, &c, &d, &e};
        constexpr std::array<int, 5> expected{20, 3, 10, 2, 14};
        for (int const i : order) {
          auto const place = static_cast<std::size_t>(i);
          if (calls[place]->get() != expected[place]) ++wrong;
        }
      });
    } while (std::next_permutation(order.begin(), order.end()));
    return wrong;
  };
  if (eager) {
    eager_pool pool{workers};
    CHECK(in_every_order(pool) == 0);
  } else {
    beat::ThreadPool pool{workers};
    CHECK(in_every_order(pool) == 0);
  }
}

TEST_CASE("trees of calls that are got in random order, or dropped, give the serial result", "[unit]") {
  constexpr unsigned seeds = build_kind::is_sanitized ? 500 : 2'000;
  unsigned const workers = GENERATE(1U, 2U, 4U, 16U);
  bool const eager = GENERATE(false, true);
  std::vector<long> expected;
  for (unsigned seed = 1; seed <= seeds; ++seed) expected.push_back(serial_tree(seed, 6));
  auto const in = [](auto& pool) {
    return pool.run([&] {
      pool.post([] {});  // wakes a worker
      std::vector<long> sums;
      for (unsigned seed = 1; seed <= seeds; ++seed) sums.push_back(parallel_tree(seed, 6));
      return sums;
    });
  };
  std::vector<long> found;
  if (eager) {
    eager_pool pool{workers};
    found = in(pool);
  } else {
    beat::ThreadPool pool{workers};
    found = in(pool);
  }
  CHECK(found == expected);
  CHECK(counted::live == 0);
}

TEST_CASE("a call that was taken may be got before younger ones", "[unit]") {
  unsigned const workers = GENERATE(2U, 4U);
  beat::ThreadPool pool{workers};
  std::vector<int> found;
  for (int i = 0; i < 50; ++i) {
    int const sum = pool.run([&] {
      pool.post([] {});
      std::atomic<bool> begun{false};
      auto a = beat::pcall([&] {
        begun = true;
        return static_cast<int>(fibonacci(8));
      });
      auto b = beat::pcall([] { return 1000; });
      auto c = beat::pcall([] { return static_cast<int>(fibonacci(9)) * 10'000; });
      wait_for(begun);
      int const first = a.get();
      int const last = c.get();
      return first + last + b.get();
    });
    found.push_back(sum);
  }
  CHECK(found == std::vector<int>(50, 341'021));
}

TEST_CASE("a future that is dropped before its call began discards the call", "[unit]") {
  bool const outside = GENERATE(false, true);
  beat::ThreadPool pool{1};
  int calls = 0;
  int live_before = -1;
  auto const body = [&] {
    {
      auto oldest = beat::pcall([&calls, content = counted{1}] { ++calls; });
      auto youngest = beat::pcall([&calls, content = counted{1}] { ++calls; });
      live_before = counted::live;
    }
    auto used = beat::pcall([&calls, content = counted{1}] { calls += 10; });
    used.get();
  };
  if (outside)
    body();
  else
    pool.run(body);
  CHECK(live_before == 2);
  CHECK(calls == 10);
  CHECK(counted::live == 0);
}

TEST_CASE("a future that is dropped while its call runs waits for it, and drops what it returns or throws", "[unit]") {
  bool const throws = GENERATE(false, true);
  stage scene{true};
  std::atomic<bool> ended{false};
  std::atomic<bool> left{false};
  bool ended_before = false;
  scene.run([&] {
    {
      auto const dropped = beat::pcall([&] {
        scene.begin();
        wait_for(left);
        for (int volatile i = 0; i < 100'000;) i = i + 1;
        ended = true;
        if (throws) throw counted{3};
        return counted{2};
      });
      scene.meet();
      left = true;
    }
    ended_before = ended;
  });
  CHECK(scene.as_planned());
  CHECK(ended_before);
  CHECK(counted::live == 0);
}

TEST_CASE("a second get is an error, and the first result stays good", "[unit]") {
  bool const taken = GENERATE(false, true);
  bool const youngest = GENERATE(false, true);
  stage scene{taken};
  int calls = 0;
  int result = 0;
  std::error_code error;
  std::error_code again;
  scene.run([&] {
    auto call = beat::pcall([&] {
      scene.begin();
      return ++calls;
    });
    auto const use = [&] {
      scene.meet();
      result = call.get();
      error = error_of([&] { static_cast<void>(call.get()); });
      again = error_of([&] { static_cast<void>(call.get()); });
    };
    if (youngest) {
      use();
    } else {
      auto younger = beat::pcall([] { return 1; });
      use();
      static_cast<void>(younger.get());
    }
  });
  CHECK(scene.as_planned());
  CHECK(result == 1);
  CHECK(calls == 1);
  CHECK(error == beat::errc::no_state);
  CHECK(again == beat::errc::no_state);
}

TEST_CASE("a second get after an exception is an error too", "[unit]") {
  bool const youngest = GENERATE(false, true);
  int caught = 0;
  std::error_code error;
  auto call = beat::pcall([]() -> int { throw 3; });
  auto const use = [&] {
    try {
      static_cast<void>(call.get());
    } catch (int e) {
      caught = e;
    }
    error = error_of([&] { static_cast<void>(call.get()); });
  };
  if (youngest) {
    use();
  } else {
    auto const younger = beat::pcall([] {});
    use();
  }
  CHECK(caught == 3);
  CHECK(error == beat::errc::no_state);
}

TEST_CASE("what the call throws arrives in get, once", "[unit]") {
  bool const taken = GENERATE(false, true);
  bool const youngest = GENERATE(false, true);
  stage scene{taken};
  int caught = 0;
  int after = 0;
  scene.run([&] {
    auto call = beat::pcall([&, content = counted{1}]() -> counted {
      scene.begin();
      throw counted{9};
    });
    auto other = beat::pcall([] { return 4; });
    if (youngest) after = other.get();
    scene.meet();
    try {
      static_cast<void>(call.get());
    } catch (counted const& e) {
      caught += e.value;
    }
    if (!youngest) after = other.get();
  });
  CHECK(scene.as_planned());
  CHECK(caught == 9);
  CHECK(after == 4);
  CHECK(counted::live == 0);
}

TEST_CASE("an exception that leaves the forking function waits for what runs, and discards the rest", "[unit]") {
  bool const taken = GENERATE(false, true);
  stage scene{taken};
  std::atomic<int> ended{0};
  int ended_when_caught = -1;
  int caught = 0;
  try {
    scene.run([&] {
      try {
        auto oldest = beat::pcall([&, content = counted{1}] {
          scene.begin();
          for (int volatile i = 0; i < 100'000;) i = i + 1;
          ++ended;
          return counted{2};
        });
        auto youngest = beat::pcall([content = counted{1}]() -> int { throw content; });
        scene.meet();
        throw counted{5};
      } catch (counted const&) {
        ended_when_caught = ended;
        throw;
      }
    });
  } catch (counted const& e) {
    caught = e.value;
  }
  CHECK(caught == 5);
  CHECK(ended_when_caught == (taken ? 1 : 0));
  CHECK(counted::live == 0);
}

TEST_CASE("copying, moving, calling and returning may throw at any point, and nothing leaks", "[unit]") {
  bool const taken = GENERATE(false, true);
  bool const youngest = GENERATE(false, true);
  stage scene{taken};
  int points = 0;
  int arrived = 0;
  int leaked = 0;
  bool whole = true;
  for (bool through = false; !through; ++points) {
    scene.run([&] {
      auto older = beat::pcall([] { return fibonacci(5); });
      try {
        fragile const original;
        fuse::light(points + 1);
        // Where pcall itself throws, nothing was forked.
        auto call = beat::pcall([&scene, original] {
          scene.begin();
          return original();
        });
        auto const use = [&] {
          scene.meet();
          static_cast<void>(call.get());
        };
        if (youngest) {
          use();
        } else {
          auto const younger = beat::pcall([] {});
          use();
        }
      } catch (blown) {
        ++arrived;
      }
      through = !fuse::is_blown();
      whole = whole && older.get() == 5;
    });
    leaked += counted::live;
  }
  CHECK(points > 3);
  CHECK(arrived == points - 1);
  CHECK(leaked == 0);
  CHECK(whole);
}

TEST_CASE("pcall copies a callable that has a name, and moves a temporary", "[unit]") {
  struct recorder {
    int copies = 0;
    int moves = 0;
    recorder() = default;
    recorder(recorder const& other) : copies{other.copies + 1}, moves{other.moves} {}
    recorder(recorder&& other) noexcept : copies{other.copies}, moves{other.moves + 1} {}
    recorder& operator=(recorder const&) = delete;
    std::pair<int, int> operator()() const { return {copies, moves}; }
  };
  recorder const named;
  auto of_named = beat::pcall(named);
  auto of_temporary = beat::pcall(recorder{});
  CHECK(of_temporary.get() == std::pair{0, 1});
  CHECK(of_named.get() == std::pair{1, 0});

  auto only_movable = beat::pcall([content = std::make_unique<int>(4)]() mutable { return std::move(content); });
  CHECK(*only_movable.get() == 4);
  int (*const function)() = [] { return 5; };
  auto by_pointer = beat::pcall(function);
  CHECK(by_pointer.get() == 5);
}

TEST_CASE("a callable that accepts a context gets the one of the thread that runs it", "[unit]") {
  bool const taken = GENERATE(false, true);
  stage scene{taken};
  bool same_lane = false;
  long sum = 0;
  scene.run([&] {
    beat::detail::lane* const mine = beat::detail::current_lane;
    auto call = beat::pcall([&](beat::context here) {
      scene.begin();
      same_lane = &here.lane() == mine;
      auto inner = beat::pcall(here, [] { return 1L; });
      return inner.get() + fibonacci_at(here, 12);
    });
    scene.meet();
    sum = call.get();
  });
  CHECK(scene.as_planned());
  CHECK(same_lane == !taken);
  CHECK(sum == 145);
}

TEST_CASE("outside of a pool a call runs in get, in any order", "[unit]") {
  std::vector<int> order;
  auto a = beat::pcall([&] { return order.push_back(1), 1; });
  auto b = beat::pcall([&] { return order.push_back(2), 2; });
  auto c = beat::pcall([&] { return order.push_back(3), 3; });
  CHECK(b.get() == 2);
  CHECK(c.get() == 3);
  CHECK(a.get() == 1);
  CHECK(order == std::vector{2, 3, 1});
  CHECK(fibonacci(15) == 610);
  CHECK(parallel_tree(7, 5) == serial_tree(7, 5));
}

TEST_CASE("the first calls of threads outside of pools do not meet", "[unit]") {
  std::atomic<bool> first{false};
  std::atomic<bool> second{false};
  std::array<int, 2> results{};
  std::thread older{[&] {
    auto call = beat::pcall([] { return 1; });
    first = true;
    wait_for(second);
    results[0] = call.get();
  }};
  std::thread younger{[&] {
    wait_for(first);
    auto call = beat::pcall([] { return 2; });
    second = true;
    older.join();
    results[1] = call.get();
  }};
  younger.join();
  CHECK(results == std::array{1, 2});
}

TEST_CASE("outside of a pool, calls with a context and without one mix", "[unit]") {
  int result = 0;
  std::thread{[&] {
    auto outer = beat::pcall([&](beat::context here) {
      auto a = beat::pcall([] { return 1; });
      auto b = beat::pcall([] { return 2; });
      {
        auto c = beat::pcall(here, [] { return 3; });
        result += c.get();
      }
      result += b.get() * 10;
      result += a.get() * 100;
    });
    outer.get();
  }}.join();
  CHECK(result == 123);
}

TEST_CASE("many threads outside of pools use calls at once", "[unit]") {
  std::vector<long> results(16);
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < 16; ++i)
    threads.emplace_back([&results, i] {
      long sum = 0;
      for (unsigned seed = 1; seed < 20; ++seed) sum += parallel_tree(seed + i, 3);
      results[i] = sum;
    });
  for (std::thread& t : threads) t.join();
  std::vector<long> expected(16);
  for (unsigned i = 0; i < 16; ++i)
    for (unsigned seed = 1; seed < 20; ++seed) expected[i] += serial_tree(seed + i, 3);
  CHECK(results == expected);
}

TEST_CASE("calls nest deeply", "[unit]") {
  unsigned const workers = GENERATE(0U, 1U, 2U, 4U);  // 0: outside of a pool
  if (workers == 0) {
    CHECK(descend_by_call(deep) == deep);
    CHECK(descend_beside_call(deep) == deep);
  } else {
    beat::ThreadPool pool{workers};
    CHECK(pool.run([] { return descend_by_call(deep); }) == deep);
    CHECK(pool.run([] { return descend_beside_call(deep); }) == deep);
    eager_pool eager{workers};
    CHECK(eager.run([] { return descend_by_call(deep); }) == deep);
    CHECK(eager.run([] { return descend_beside_call(deep); }) == deep);
  }
}

TEST_CASE("a call on a small stack may be any of its futures", "[unit]") {
  unsigned const workers = GENERATE(1U, 2U, 4U);
  struct tiny_policy {
    static constexpr beat::scheduler_tuning tuning() noexcept {
      return {.look_interval = 0, .pace = 0, .patience = 0, .fork_capacity = 3};
    }
  };
  beat::basic_thread_pool<tiny_policy> pool{workers};
  int wrong = 0;
  for (unsigned seed = 100; seed < 130; ++seed)
    wrong += pool.run([&] { return parallel_tree(seed, 4); }) == serial_tree(seed, 4) ? 0 : 1;
  CHECK(wrong == 0);
}
