#pragma once
// SPDX-License-Identifier: MIT
// What fails in the tests of failing user code: calls, elements and callables, whose every operation is a point. And
// how a scenario is run: alone, and with its forked calls taken by other threads.

#include <algorithm>
#include <atomic>
#include <beat.hpp>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <exception>
#include <functional>
#include <iostream>
#include <iterator>
#include <ranges>
#include <utility>
#include <vector>

#include "build_kind.hpp"
#include "catch.hpp"
#include "faults.hpp"

namespace throwing {

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
using eager_pool = beat::basic_thread_pool<eager_policy>;

inline std::atomic<promotion> promoted{promotion::none};
inline std::atomic<std::uint32_t> coins{0};
inline std::atomic<bool> all_idle{true};       // nobody has waited for others in this run of the scenario
inline std::atomic<bool> elements_fail{true};  // copies, moves and assignments are points as calls are
inline std::atomic<int> running{0};            // points that are being passed, and calls that go on
inline std::exception_ptr handed;              // what a posted task threw

/// Lets others take what the calling thread has forked, where that is wanted: waits until they have. Only the first who
/// waits can be sure that somebody is idle.
inline void share() {
  promotion const which = promoted;
  if (which == promotion::none) return;
  if (which == promotion::seeded && (coins += 0x9e37'79b9) >> 31 == 0) return;
  auto& stack = beat::here().lane().stack;
  auto const is_kept = [&] { return stack.for_thieves().look().top() < stack.depth(); };
  if (!is_kept()) return;
  auto const end = stress::clock::now() + (all_idle.exchange(false) ? stress::clock::duration{5s} : 100us);
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

  explicit fragile(int v) : value{v}, self_{this} { ++live; }
  fragile(fragile const& other) : value{of(other)}, self_{this} { ++live; }
  fragile(fragile&& other) : value{of(other)}, self_{this} { ++live; }
  fragile& operator=(fragile const& other) {
    check();
    value = of(other);
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

  void check() const noexcept { expect(self_ == this, "an object is used that does not live"); }

  int value;

 private:
  static int of(fragile const& other) {
    if (elements_fail) user_code();
    other.check();
    return other.value;
  }

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
inline auto fragile_view(int size) {
  return std::views::iota(0, size) | std::views::transform([](int i) {
           user_code();
           return i;
         });
}

/// The elements of `range`, by iterators that throw where elements do.
inline auto fragile_view(std::vector<fragile>& range) {
  return range | std::views::transform([](fragile& f) -> fragile& {
           if (elements_fail) user_code();
           return f;
         });
}

inline std::vector<fragile> to_fragile(std::vector<int> const& numbers) {
  std::vector<fragile> made;
  made.reserve(numbers.size());
  for (int const n : numbers) made.emplace_back(n);
  return made;
}

/// The values of elements that live.
inline std::vector<int> values_of(std::vector<fragile> const& elements) {
  std::vector<int> values;
  for (fragile const& f : elements) {
    f.check();
    values.push_back(f.value);
  }
  return values;
}

/// Calls `f`. Where it throws, what it has left behind is to satisfy `holds()`.
template <class F, class Holds>
void attempt(F&& f, Holds&& holds, char const* what) {
  try {
    f();
  } catch (...) {
    expect(holds(), what);
    throw;
  }
}

/// Fails at each point of what `scenario` does on a pool, which is the same throughout. Returns at how many.
template <class Scenario>
long fail_at_each(kind what, promotion which, bool also_elements, Scenario& scenario) {
  promoted = which;
  elements_fail = also_elements;
  eager_pool pool{{.workers = which == promotion::none ? 1U : 3U,
                   .on_exception = [](std::exception_ptr error) { handed = std::move(error); }}};
  auto const [points, wrong] = faults::fail_each(what, [&] {
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
  std::cout << points << (what == kind::user_code ? " points, " : " allocations, ") << pool.stats().jobs_stolen
            << " calls taken\n"
            << std::flush;
  INFO(wrong);
  CHECK(wrong.empty());
  CHECK(fragile::live == 0);
  if (what == kind::user_code && which == promotion::all) CHECK(pool.stats().jobs_stolen != 0);
  promoted = promotion::none;
  return points;
}

/// Where every call is slow, none and all are enough of what can be promoted.
inline constexpr bool is_left_out(promotion which) { return build_kind::is_sanitized && which == promotion::seeded; }

/// User code fails at each point, for each kind of promotion; wants at least so many points in each.
template <class Scenario>
void throw_everywhere(long at_least, Scenario scenario) {
  promotion const which = GENERATE(promotion::none, promotion::all, promotion::seeded);
  if (is_left_out(which)) return;
  CHECK(fail_at_each(kind::user_code, which, true, scenario) >= at_least);
}

/// The same. Then only calls fail, and not what is done to elements, so that the scenario can ask for more where it
/// fails; and then each allocation, of which there are at least so many: tasks come from caches, which may have some.
template <class Scenario>
void fail_everywhere(long at_least, long allocations, Scenario scenario) {
  promotion const which = GENERATE(promotion::none, promotion::all, promotion::seeded);
  if (is_left_out(which)) return;
  CHECK(fail_at_each(kind::user_code, which, true, scenario) >= at_least);
  if (which == promotion::seeded) return;
  CHECK(fail_at_each(kind::user_code, which, false, scenario) > 0);
  CHECK(fail_at_each(kind::allocation, which, false, scenario) >= allocations);
}

inline auto const make = [](int v) { return fragile_callable{[v] { return fragile{v}; }}; };

}  // namespace throwing
