// SPDX-License-Identifier: MIT

#include "catch.hpp"

#include <algorithm>
#include <array>
#include <beat/observe/perf_counters.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#if BEAT_HAS_LINUX()
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>
#endif

using namespace std::chrono_literals;
using event = beat::perf_event;
using beat::detail::perf_sample;

namespace {

constexpr std::array all_events{event::task_clock,   event::context_switches, event::page_faults,
                                event::cycles,       event::instructions,     event::cache_references,
                                event::cache_misses, event::branches,         event::branch_misses};
static_assert(all_events.size() == beat::perf_event_count);

beat::detail::perf_source source_of(event which) { return beat::detail::facts_of(which).source; }

bool contains(std::string const& text, std::string const& words) { return text.find(words) != std::string::npos; }

// What is not there, so that a test that needs it can say so and pass.
bool is_absent(beat::perf_counters const& counters, event which) {
  if (!counters.is_available(which)) {
    WARN(to_string(which) << ": " << counters.availability(which));
  }
  return !counters.is_available(which);
}

// Keeps the CPU busy for so much of its time, and returns how often it looked at the clock.
std::uint64_t work(std::chrono::nanoseconds cpu_time) {
  auto const end = std::clock() + cpu_time.count() * CLOCKS_PER_SEC / 1'000'000'000;
  std::uint64_t looks = 0;
  while (std::clock() < end) {
    ++looks;
  }
  return looks;
}

// The CPU time that f measures. What the machine takes from a thread may count as used by it, so it is that of the best
// attempt.
template <class F>
std::optional<std::chrono::nanoseconds> least_of_a_few(F&& f) {
  auto least = f().cpu_time();
  for (int i = 0; i < 4 && least > 20ms; ++i) least = std::min(least, f().cpu_time());
  return least;
}

}  // namespace

TEST_CASE("a counter that counted all the time is not scaled", "[unit]") {
  CHECK(beat::detail::count_between({100, 7ns, 7ns}, {350, 1s, 1s}) == beat::perf_count{250, 1});
  CHECK(beat::detail::count_between({100, 1s, 500ms}, {350, 2s, 1500ms}) == beat::perf_count{250, 1});
  std::uint64_t const large = 0xffff'ffff'ffff'fff1;
  CHECK(beat::detail::count_between({0, 0s, 0s}, {large, 1s, 1s}) == beat::perf_count{large, 1});
  CHECK(beat::detail::count_between({5, 1s, 1s}, {5, 1s, 1s}) == beat::perf_count{0, 1});
}

TEST_CASE("a counter that had to share is scaled, and the scale can be seen", "[unit]") {
  CHECK(beat::detail::count_between({0, 0s, 0s}, {100, 4s, 1s}) == beat::perf_count{400, 4});
  CHECK(beat::detail::count_between({100, 4s, 1s}, {103, 7s, 3s}) == beat::perf_count{5, 1.5});
  CHECK(beat::detail::count_between({0, 0s, 0s}, {0, 2s, 1s}) == beat::perf_count{0, 2});
}

TEST_CASE("a counter that had no turn is absent, and not zero", "[unit]") {
  CHECK_FALSE(beat::detail::count_between({100, 4s, 1s}, {100, 5s, 1s}));
  CHECK_FALSE(beat::detail::count_between({0, 0s, 0s}, {0, 1ns, 0s}));
  CHECK_FALSE(beat::detail::count_between({100, 4s, 1s}, {}));
  CHECK_FALSE(beat::detail::count_between({100, 4s, 4s}, {}));
}

TEST_CASE("the reason for an absent counter says what to do", "[unit]") {
  struct row {
    std::error_code failure;
    char const* words;
  };
  auto const of = [](std::errc code) { return std::make_error_code(code); };
  for (row const& each : {
           row{of(std::errc::no_such_file_or_directory), "virtual machine"},
           row{of(std::errc::operation_not_supported), "virtual machine"},
           row{of(std::errc::no_such_device), "virtual machine"},
           row{of(std::errc::no_such_device_or_address), "virtual machine"},
           row{of(std::errc::permission_denied), "kernel.perf_event_paranoid to 2"},
           row{of(std::errc::operation_not_permitted), "CAP_PERFMON"},
           row{of(std::errc::operation_not_permitted), "seccomp"},
           row{of(std::errc::too_many_files_open), "ulimit -n"},
           row{of(std::errc::too_many_files_open_in_system), "ulimit -n"},
           row{of(std::errc::function_not_supported), "CONFIG_PERF_EVENTS"},
           row{of(std::errc::device_or_resource_busy), "another program"},
           row{make_error_code(beat::errc::not_supported), "BEAT_PORTABLE"},
           row{of(std::errc::invalid_argument), "refused: "},
       }) {
    std::string const reason = beat::detail::perf_absence(source_of(event::cycles), each.failure);
    INFO(reason);
    CHECK(contains(reason, each.words));
    // The kernel's own numbers, in its own category, are the same to us.
    std::error_code const from_system{each.failure.value(), std::system_category()};
    if (each.failure.category() == std::generic_category()) {
      CHECK(contains(beat::detail::perf_absence(source_of(event::cycles), from_system), each.words));
    }
  }
  CHECK(contains(beat::detail::perf_absence(source_of(event::context_switches), of(std::errc::permission_denied)),
                 "kernel.perf_event_paranoid to 1"));
  CHECK(contains(beat::detail::perf_absence(source_of(event::cycles), of(std::errc::invalid_argument)),
                 of(std::errc::invalid_argument).message()));
}

TEST_CASE("counts are written in one line", "[unit]") {
  beat::perf_counts counts;
  CHECK(to_string(counts) ==
        "absent: task_clock, context_switches, page_faults, cycles, instructions, cache_references, cache_misses, "
        "branches, branch_misses");
  CHECK_FALSE(counts.cpu_time());
  counts[event::task_clock] = {1200, 1};
  counts[event::page_faults] = {0, 1};
  counts[event::cycles] = {500, 1.25};
  CHECK(counts.cpu_time() == 1200ns);
  CHECK(to_string(counts) ==
        "task_clock 1200 ns, page_faults 0, cycles 500 (x 1.25), absent: context_switches, instructions, "
        "cache_references, cache_misses, branches, branch_misses");
  for (event const each : all_events) {
    counts[each] = {7, 1};
  }
  CHECK(to_string(counts) ==
        "task_clock 7 ns, context_switches 7, page_faults 7, cycles 7, instructions 7, cache_references 7, "
        "cache_misses 7, branches 7, branch_misses 7");
}

TEST_CASE("each counter counts or says why not", "[unit]") {
  beat::perf_counters counters;
  beat::perf_counts const counts = counters.measure([] { work(20ms); });
  INFO(to_string(counts));
  for (event const each : all_events) {
    std::string const availability = counters.availability(each);
    INFO(to_string(each) << ": " << availability);
    CHECK(counters.is_available(each) == (availability == "available"));
    if (!counters.is_available(each)) {
      CHECK_FALSE(counts[each]);
      CHECK((availability.starts_with("absent: ") || availability.starts_with("refused: ")));
    }
  }
  for (event const each : {event::cycles, event::instructions, event::branches}) {
    if (counts[each]) {
      CHECK(counts[each]->value > 10'000);
    }
  }
#if !BEAT_HAS_LINUX()
  CHECK(counts == beat::perf_counts{});
  CHECK(contains(counters.availability(event::task_clock), "BEAT_PORTABLE"));
#endif
}

TEST_CASE("the task clock grows with work, and only with that", "[unit]") {
  beat::perf_counters counters;
  if (is_absent(counters, event::task_clock)) {
    return;
  }
  auto const idle = least_of_a_few([&] { return counters.measure([] { std::this_thread::sleep_for(50ms); }); });
  auto const little = counters.measure([] { work(20ms); }).cpu_time();
  auto const much = counters.measure([] { work(100ms); }).cpu_time();
  REQUIRE((idle && little && much));
  CHECK(*idle < 20ms);
  CHECK(*little > 15ms);
  CHECK(*much > 90ms);
  CHECK(*much < 60s);
}

TEST_CASE("other threads are not counted", "[unit]") {
  beat::perf_counters counters;
  if (is_absent(counters, event::task_clock)) {
    return;
  }
  auto const own = least_of_a_few([&] { return counters.measure([] { std::thread{[] { work(100ms); }}.join(); }); });
  REQUIRE(own);
  CHECK(*own < 50ms);
}

TEST_CASE("counters can be read while they count, stop and start anew", "[unit]") {
  beat::perf_counters counters;
  if (is_absent(counters, event::task_clock)) {
    return;
  }
  work(20ms);
  auto const first = counters.read().cpu_time();
  work(20ms);
  auto const second = counters.read().cpu_time();
  REQUIRE((first && second));
  CHECK(*first > 15ms);
  CHECK(*second >= *first + 15ms);
  counters.stop();
  beat::perf_counts const stopped = counters.read();
  work(20ms);
  counters.stop();
  CHECK(counters.read() == stopped);
  counters.start();
  auto const anew = counters.read().cpu_time();
  REQUIRE(anew);
  CHECK(*anew < *second);
  beat::perf_counters moved = std::move(counters);
  work(20ms);
  CHECK(moved.read().cpu_time() >= 15ms);
  counters = std::move(moved);
  CHECK(counters.read().cpu_time() >= 15ms);
}

TEST_CASE("an exception leaves a measured callable", "[unit]") {
  beat::perf_counters counters;
  CHECK_THROWS_AS(static_cast<void>(counters.measure([] { throw std::runtime_error{"the callable fails"}; })),
                  std::runtime_error);
  auto const measured = counters.measure([] { return 7; });
  CHECK(measured == counters.read());
}

#if BEAT_HAS_LINUX()

TEST_CASE("page faults grow with the pages that are touched", "[unit]") {
  beat::perf_counters counters;
  if (is_absent(counters, event::page_faults)) {
    return;
  }
  constexpr std::size_t pages = 1000;
  auto const page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  void* const memory = ::mmap(nullptr, pages * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  REQUIRE(memory != MAP_FAILED);
  ::madvise(memory, pages * page, MADV_NOHUGEPAGE);
  auto const touch = [&] {
    for (std::size_t i = 0; i < pages; ++i) {
      static_cast<char volatile*>(memory)[i * page] = 1;
    }
  };
  auto const first = counters.measure(touch)[event::page_faults];
  auto const second = counters.measure(touch)[event::page_faults];
  ::munmap(memory, pages * page);
  REQUIRE((first && second));
  CHECK(first->value >= pages);
  CHECK(first->value < 10 * pages);
  CHECK(second->value < pages / 2);
}

TEST_CASE("context switches grow with sleeps", "[unit]") {
  beat::perf_counters counters;
  if (is_absent(counters, event::context_switches)) {
    return;
  }
  auto const counts = counters.measure([] {
    for (int i = 0; i < 20; ++i) {
      std::this_thread::sleep_for(1ms);
    }
  });
  REQUIRE(counts[event::context_switches]);
  CHECK(counts[event::context_switches]->value >= 20);
}

TEST_CASE("counters give their files back", "[unit]") {
  auto const next_file = [] {
    int const number = ::dup(STDOUT_FILENO);
    ::close(number);
    return number;
  };
  int const before = next_file();
  for (int i = 0; i < 100; ++i) {
    beat::perf_counters one;
    beat::perf_counters other;
    one = std::move(other);
  }
  CHECK(next_file() == before);
}

TEST_CASE("without files to open, counters are absent and say so", "[unit]") {
  {
    beat::perf_counters const counters;
    if (is_absent(counters, event::task_clock)) {
      return;
    }
  }
  ::rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  int const free_file = ::dup(STDOUT_FILENO);
  ::rlimit tight = before;
  tight.rlim_cur = static_cast<::rlim_t>(free_file) + 1;
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &tight) == 0);
  beat::perf_counters none;
  ::close(free_file);
  beat::perf_counters one;  // there is room for the first of all counters
  ::setrlimit(RLIMIT_NOFILE, &before);
  CHECK(contains(none.availability(event::task_clock), "ulimit -n"));
  CHECK(none.measure([] {}) == beat::perf_counts{});
  CHECK(one.is_available(event::task_clock));
  CHECK(one.measure([] { work(20ms); }).cpu_time() >= 15ms);
  CHECK(contains(one.availability(event::page_faults), "ulimit -n"));
  CHECK_FALSE(one.read()[event::page_faults]);
}

#endif
