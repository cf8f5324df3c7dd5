#pragma once
// SPDX-License-Identifier: MIT
// Random inputs for property tests: an algorithm is compared with the serial one for many sizes and kinds of input on
// pools of 1, 2, 4 and 64 workers. And what such tests put in: elements that can only be moved, an operation that is
// associative but not commutative, and calls of which the k-th throws.

#include <algorithm>
#include <array>
#include <atomic>
#include <beat/base/random.hpp>
#include <beat/runtime/pool.hpp>
#include <beat/task/place.hpp>
#include <chrono>
#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <iostream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "build_kind.hpp"

namespace random_inputs {

inline constexpr std::array<unsigned, 4> worker_counts{1, 2, 4, 64};

/// Thieves ask, and use force, as soon as they see anybody busy, and each root calls them.
struct eager_policy {
  static constexpr beat::scheduler_tuning tuning() noexcept {
    return {.look_interval = 0, .pace = 0, .patience = 0, .long_root = 0};
  }
};
using eager_pool = beat::basic_thread_pool<eager_policy>;

/// The pool with so many workers, made once.
template <class Pool>
Pool& pool_of(unsigned workers) {
  static std::array<std::optional<Pool>, worker_counts.size()> pools;
  auto const index = std::find(worker_counts.begin(), worker_counts.end(), workers) - worker_counts.begin();
  std::optional<Pool>& pool = pools.at(static_cast<std::size_t>(index));
  return pool ? *pool : pool.emplace(workers);
}

/// Whether the input is on an eager pool.
inline std::atomic<bool> is_eager{false};

/// To be called by what the algorithm calls, so that small inputs are shared too: waits until another thread has taken
/// what this one has forked, 50 µs at most. Does nothing where the pool is not eager, and in 63 of 64 calls.
inline void hand_over() {
  static thread_local beat::random coins{7};
  if (!is_eager.load(std::memory_order_relaxed) || coins.below(64) != 0) return;
  auto& stack = beat::here().lane().stack;
  auto const end = std::chrono::steady_clock::now() + std::chrono::microseconds{50};
  while (stack.for_thieves().look().top() < stack.depth() && std::chrono::steady_clock::now() < end) {
  }
}

/// Mostly small, often about a power of two; one in 500 about 10^4.
inline std::size_t random_size(beat::random& random) {
  constexpr std::array<std::size_t, 14> edges{0, 1, 2, 3, 7, 8, 9, 16, 17, 63, 64, 65, 127, 129};
  if (random.below(500) == 0) return 9'000 + random.below(2'000);
  if (random.below(2) == 0) return edges[random.below(edges.size())];
  return random.below(200);
}

/// Random, of few values, sorted, reversed, an organ pipe, or all equal.
inline std::vector<int> random_numbers(beat::random& random, std::size_t size) {
  std::vector<int> numbers(size);
  std::uint32_t const kind = random.below(8);
  std::uint32_t const bound = kind == 5 ? 1 : kind == 6 ? 4 : kind == 7 ? 1 << 30 : static_cast<std::uint32_t>(size);
  for (int& n : numbers) n = static_cast<int>(random.below(bound));
  if (kind == 1 || kind == 2) std::sort(numbers.begin(), numbers.end());
  if (kind == 2) std::reverse(numbers.begin(), numbers.end());
  auto const middle = numbers.begin() + static_cast<std::ptrdiff_t>(size / 2);
  if (kind == 3) std::sort(numbers.begin(), middle), std::sort(middle, numbers.end(), std::greater<>{});
  return numbers;
}

/// What is promised, and fewer where a sanitizer watches.
inline constexpr std::uint64_t most_inputs = build_kind::is_sanitized ? 4'000 : 100'000;

/// Calls `holds(where, random, size)` in a pool for so many random inputs, the last of 10^6 elements on 64 workers;
/// every 16th input is on an eager pool. Says how many there were, and returns what tells the first one for which it is
/// false or throws, or else nothing:
/// `CHECK(random_inputs::first_wrong([](beat::context where, beat::random& random, std::size_t size) { ... }) == "")`.
/// What comes from `random` is the same in each run.
template <class Holds>
  requires std::predicate<Holds&, beat::context, beat::random&, std::size_t>
std::string first_wrong(Holds holds, std::uint64_t count = most_inputs) {
  std::uint64_t right = 0;
  for (std::uint64_t seed = 0; seed < count; ++seed) {
    beat::random random{seed};
    unsigned const workers = worker_counts[seed % worker_counts.size()];
    std::size_t size = random_size(random);
    if (seed + 1 == count) size = build_kind::is_sanitized ? 100'000 : 1'000'000;
    is_eager = seed % 64 < worker_counts.size();
    auto const test = [&](beat::context where) { return holds(where, random, size); };
    std::string what;
    try {
      if (is_eager ? pool_of<eager_pool>(workers).run(test) : pool_of<beat::ThreadPool>(workers).run(test)) {
        ++right;
        continue;
      }
    } catch (std::exception const& e) {
      what = std::string{": "} + e.what();
    }
    return "input " + std::to_string(seed) + " of " + std::to_string(size) + " elements on " + std::to_string(workers) +
           " workers" + what;
  }
  is_eager = false;
  std::cout << right << " random inputs\n" << std::flush;
  return "";
}

/// An element that can only be moved. Counts those that live; one that was moved from has the value -1.
class move_only {
 public:
  static inline std::atomic<long> live{0};

  explicit move_only(int v = 0) noexcept : value{v} { ++live; }
  move_only(move_only&& other) noexcept : value{std::exchange(other.value, -1)} { ++live; }
  move_only& operator=(move_only&& other) noexcept {
    int const v = std::exchange(other.value, -1);
    value = v;
    return *this;
  }
  ~move_only() { --live; }

  friend bool operator==(move_only const& a, move_only const& b) noexcept { return a.value == b.value; }
  friend auto operator<=>(move_only const& a, move_only const& b) noexcept { return a.value <=> b.value; }

  int value;
};

template <class Numbers>
std::vector<move_only> to_move_only(Numbers const& numbers) {
  std::vector<move_only> made;
  made.reserve(numbers.size());
  for (int const n : numbers) made.emplace_back(n);
  return made;
}

/// x -> factor * x + summand. Such functions one after the other are one again: `then` is associative, and as good as
/// never commutative.
struct affine {
  std::uint64_t factor = 1, summand = 0;

  friend bool operator==(affine const&, affine const&) = default;
};
inline affine make_affine(int number) {
  return {2 * static_cast<std::uint64_t>(number) + 1, static_cast<std::uint64_t>(number)};
}
inline constexpr auto then = [](affine const& f, affine const& g) {
  return affine{f.factor * g.factor, f.summand * g.factor + g.summand};
};

/// Throws `blown` at its call number `at`, counted from 1 over all threads; 0: never.
class fuse {
 public:
  struct blown {
    long at;
  };

  explicit fuse(long at = 0) noexcept : at_{at} {}

  void operator()() {
    if (++calls_ == at_) throw blown{at_};
  }
  long calls() const noexcept { return calls_; }

 private:
  long const at_;
  std::atomic<long> calls_{0};
};

/// `f`, where each call may blow the fuse first.
template <class F>
auto with_fuse(fuse& fuse, F f) {
  return [&fuse, f](auto&&... a) mutable -> decltype(auto) {
    fuse();
    return std::invoke(f, std::forward<decltype(a)>(a)...);
  };
}

/// An element whose copies, moves and comparisons may each blow the current fuse, and which counts those that live.
class fragile {
 public:
  static inline std::atomic<long> live{0};
  static inline std::atomic<fuse*> current{nullptr};

  explicit fragile(int v) noexcept : value{v} { ++live; }
  fragile(fragile const& other) : value{(burn(), other.value)} { ++live; }
  fragile(fragile&& other) : value{(burn(), other.value)} { ++live; }
  fragile& operator=(fragile const& other) {
    burn();
    value = other.value;
    return *this;
  }
  ~fragile() { --live; }

  friend bool operator<(fragile const& a, fragile const& b) {
    burn();
    return a.value < b.value;
  }
  friend bool operator==(fragile const& a, fragile const& b) {
    burn();
    return a.value == b.value;
  }

  int value;

 private:
  static void burn() {
    if (fuse* const f = current) (*f)();
  }
};

/// Calls `scenario(fuse)` with a fuse that blows at its first call, then at its second, and so on until it comes
/// through. Returns how often it blew; -1 where another exception arrived, or none, or an element outlived it.
template <class Scenario>
long blow_each(Scenario scenario) {
  for (long at = 1;; ++at) {
    fuse here{at};
    long const before = fragile::live + move_only::live;
    fragile::current = &here;
    bool arrived = false;
    try {
      scenario(here);
    } catch (fuse::blown const& e) {
      arrived = e.at == at;
    } catch (...) {
    }
    fragile::current = nullptr;
    if (fragile::live + move_only::live != before || arrived != (here.calls() >= at)) return -1;
    if (!arrived) return at - 1;
  }
}

}  // namespace random_inputs
