#pragma once
// SPDX-License-Identifier: MIT
// The explorer runs a small parallel program again and again, each time with other switches between its threads and
// with other values read where C++20's memory model leaves a choice, until it has tried all of them. What it models,
// and what it does not: README.md.

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>

namespace model {

struct limits {
  unsigned preemptions = 3;             // switches away from a thread that could go on, in one execution
  std::uint64_t at_least = 1;           // fewer executions than that mean that the program no longer does what it did
  std::uint64_t random_executions = 0;  // so many random ones, where there are too many to try all
  std::uint64_t seed = 1;               // of the random ones
};

struct verdict {
  std::uint64_t executions = 0;
  std::string violation;  // empty: none was found
  std::string schedule;   // the choices of the execution that shows it; explore() tries only these where the
                          // environment variable BEAT_MODEL_SCHEDULE holds them
  std::string trace;      // its steps
};

/// Runs `program` in every way there is within the limits, or until one breaks a rule. Rules: what `expect` says; no
/// data race; no use of what does not live; everything allocated is freed; no execution gets stuck.
verdict explore(limits const& within, std::function<void()> const& program);

/// The same as a test: fails with the violation, its schedule and its trace.
void verify(limits const& within, std::function<void()> const& program);

// ---- for programs ----

/// A violation unless `holds`.
void expect(bool holds, char const* what);

namespace detail {

using site = std::source_location;

struct call {
  void* object;
  void (*invoke)(void*);
};
void run_threads(call const* calls, unsigned count);

void create(void* at, std::uint64_t value);
void destroy(void const* at);
std::uint64_t load(void const* at, std::memory_order order, site const& where);
void store(void const* at, std::uint64_t value, std::memory_order order, site const& where);
/// Reads, and writes `change(what was read, argument)`.
std::uint64_t modify(void const* at, std::uint64_t (*change)(std::uint64_t, std::uint64_t), std::uint64_t argument,
                     std::memory_order order, site const& where);
bool compare_exchange(void const* at, std::uint64_t& expected, std::uint64_t desired, std::memory_order success,
                      std::memory_order failure, site const& where);
void use_plain(void const* at, bool writes);
void light_fence();
void heavy_fence();
void futex_wait(void const* at, std::uint64_t expected, bool timed);
void futex_wake(void const* at, int count);
void pause();
void track(bool on);

template <class T>
std::uint64_t to_bits(T value) noexcept {
  static_assert(sizeof(T) <= sizeof(std::uint64_t) && std::is_trivially_copyable_v<T>);
  std::array<std::byte, sizeof(std::uint64_t)> bytes{};
  auto const part = std::bit_cast<std::array<std::byte, sizeof(T)>>(value);
  for (std::size_t i = 0; i < sizeof(T); ++i) bytes[i] = part[i];
  return std::bit_cast<std::uint64_t>(bytes);
}

template <class T>
T from_bits(std::uint64_t bits) noexcept {
  auto const bytes = std::bit_cast<std::array<std::byte, sizeof bits>>(bits);
  std::array<std::byte, sizeof(T)> part;
  for (std::size_t i = 0; i < sizeof(T); ++i) part[i] = bytes[i];
  return std::bit_cast<T>(part);
}

}  // namespace detail

/// While one of these lives, what the program allocates is its test's, and outlives the execution.
struct untracked {
  untracked() { detail::track(false); }
  ~untracked() { detail::track(true); }
  untracked(untracked const&) = delete;
  untracked& operator=(untracked const&) = delete;
};

/// Runs the callables, each in a thread of its own, and returns when all have returned.
template <class... F>
void parallel(F... f) {
  detail::call const calls[] = {{&f, [](void* object) { (*static_cast<F*>(object))(); }}...};
  detail::run_threads(calls, sizeof...(F));
}

/// As std::atomic, as far as the kernels use it.
template <class T>
class atomic {
  using order = std::memory_order;
  using site = detail::site;

 public:
  atomic(T value = T{}) noexcept { detail::create(this, detail::to_bits(value)); }
  ~atomic() { detail::destroy(this); }
  atomic(atomic const&) = delete;
  atomic& operator=(atomic const&) = delete;

  T load(order o, site where = site::current()) const noexcept {
    return detail::from_bits<T>(detail::load(this, o, where));
  }
  void store(T value, order o, site where = site::current()) noexcept {
    detail::store(this, detail::to_bits(value), o, where);
  }
  T exchange(T value, order o, site where = site::current()) noexcept {
    return modify([](T, T argument) { return argument; }, value, o, where);
  }
  T fetch_add(T value, order o, site where = site::current()) noexcept {
    return modify([](T old, T argument) { return static_cast<T>(old + argument); }, value, o, where);
  }
  T fetch_sub(T value, order o, site where = site::current()) noexcept {
    return modify([](T old, T argument) { return static_cast<T>(old - argument); }, value, o, where);
  }
  T fetch_or(T value, order o, site where = site::current()) noexcept {
    return modify([](T old, T argument) { return static_cast<T>(old | argument); }, value, o, where);
  }
  T fetch_and(T value, order o, site where = site::current()) noexcept {
    return modify([](T old, T argument) { return static_cast<T>(old & argument); }, value, o, where);
  }
  bool compare_exchange_strong(T& expected, T desired, order success, order failure,
                               site where = site::current()) noexcept {
    std::uint64_t bits = detail::to_bits(expected);
    bool const done = detail::compare_exchange(this, bits, detail::to_bits(desired), success, failure, where);
    expected = detail::from_bits<T>(bits);
    return done;
  }
  /// Never fails for no reason: every caller is a loop, which would only do the same once more.
  bool compare_exchange_weak(T& expected, T desired, order success, order failure,
                             site where = site::current()) noexcept {
    return compare_exchange_strong(expected, desired, success, failure, where);
  }

 private:
  template <class Change>
  T modify(Change, T argument, order o, site const& where) noexcept {
    auto const change = [](std::uint64_t old, std::uint64_t value) {
      return detail::to_bits(Change{}(detail::from_bits<T>(old), detail::from_bits<T>(value)));
    };
    return detail::from_bits<T>(detail::modify(this, change, detail::to_bits(argument), o, where));
  }
};

/// A variable that is not atomic: two threads that reach it without synchronising are a violation.
template <class T>
class plain {
 public:
  plain(T value = T{}) noexcept : value_{value} { detail::create(this, 0); }
  ~plain() { detail::destroy(this); }
  plain(plain const& other) noexcept : plain{other.get()} {}
  plain& operator=(plain const& other) noexcept { return *this = other.get(); }
  plain& operator=(T value) noexcept {
    detail::use_plain(this, true);
    value_ = value;
    return *this;
  }
  T get() const noexcept {
    detail::use_plain(this, false);
    return value_;
  }
  void set(T value) noexcept { *this = value; }
  operator T() const noexcept { return get(); }

 private:
  T value_;
};

/// The policy for kernels.
struct atomics {
  template <class T>
  using atomic = model::atomic<T>;
  template <class T>
  using var = plain<T>;

  static constexpr bool asymmetric = true;
  static void light_fence() noexcept { detail::light_fence(); }
  static bool heavy_fence() noexcept { return detail::heavy_fence(), true; }
  static void futex_wait(atomic<std::uint32_t>& word, std::uint32_t expected) noexcept {
    detail::futex_wait(&word, expected, false);
  }
  static void futex_wait_for(atomic<std::uint32_t>& word, std::uint32_t expected, std::int64_t) noexcept {
    detail::futex_wait(&word, expected, true);
  }
  static void futex_wake(atomic<std::uint32_t>& word, int count) noexcept { detail::futex_wake(&word, count); }
  static void pause() noexcept { detail::pause(); }
};

/// The policy of a system without a process-wide barrier.
struct symmetric_atomics : atomics {
  static constexpr bool asymmetric = false;
  static bool heavy_fence() noexcept { return false; }
};

}  // namespace model
