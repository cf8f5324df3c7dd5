// SPDX-License-Identifier: MIT

#include "catch.hpp"

#include <beat/topology/binding.hpp>
#include <beat/topology/discover.hpp>
#include <beat/topology/limits.hpp>
#include <string>
#include <system_error>
#include <thread>

// Each test works on a thread of its own, so that the program's main thread keeps its affinity and name.

namespace {

template <class Work>
void on_a_thread(Work work) {
  std::thread{work}.join();
}

std::string name_kept_of(std::string const& name) {
  std::string kept;
  on_a_thread([&] {
    beat::set_thread_name(name);
    kept = beat::this_thread_name();
  });
  return kept;
}

}  // namespace

TEST_CASE("binding to no CPU is an invalid argument", "[topology]") {
  std::error_code failure;
  on_a_thread([&] { failure = beat::bind_this_thread({}).error(); });
  CHECK(failure == beat::errc::invalid_argument);
}

#if BEAT_HAS_LINUX()

TEST_CASE("a bound thread runs on its CPU only", "[topology]") {
  beat::cpu_set const before = beat::this_thread_affinity();
  for (unsigned const cpu : before) {
    bool bound = false;
    beat::cpu_set affinity;
    unsigned current = ~0U;
    on_a_thread([&] {
      bound = beat::bind_this_thread({cpu}).has_value();
      affinity = beat::this_thread_affinity();
      current = beat::current_cpu();
    });
    CHECK(bound);
    CHECK(affinity == beat::cpu_set{cpu});
    CHECK(current == cpu);
  }
  CHECK(beat::this_thread_affinity() == before);
}

TEST_CASE("limits and discovery follow a restricted affinity", "[topology]") {
  for (unsigned const cpu : beat::this_thread_affinity()) {
    beat::cpu_limits limits;
    unsigned usable_cpus = 0;
    beat::cpu_set usable;
    on_a_thread([&] {
      if (beat::bind_this_thread({cpu})) {
        limits = beat::read_limits();
        usable_cpus = beat::usable_cpus();
        usable = beat::discover().usable();
      }
    });
    CHECK(limits.affinity == 1);
    CHECK(usable_cpus == 1);
    CHECK(usable == beat::cpu_set{cpu});
  }
}

TEST_CASE("CPUs that the machine does not have are ignored while one remains", "[topology]") {
  unsigned const cpu = beat::this_thread_affinity().first().value_or(0);
  bool bound = false;
  beat::cpu_set affinity;
  on_a_thread([&] {
    bound = beat::bind_this_thread({cpu, beat::cpu_set::max_index}).has_value();
    affinity = beat::this_thread_affinity();
  });
  CHECK(bound);
  CHECK(affinity == beat::cpu_set{cpu});
}

TEST_CASE("binding to CPUs that do not exist fails and changes nothing", "[topology]") {
  beat::cpu_set const before = beat::this_thread_affinity();
  std::error_code failure;
  beat::cpu_set affinity;
  on_a_thread([&] {
    failure = beat::bind_this_thread({beat::cpu_set::max_index}).error();
    affinity = beat::this_thread_affinity();
  });
  CHECK(failure == std::errc::invalid_argument);
  CHECK(affinity == before);
}

TEST_CASE("a thread has the name that it was given", "[topology]") {
  std::string const before = beat::this_thread_name();
  CHECK(name_kept_of("beat worker 3") == "beat worker 3");
  CHECK(name_kept_of("").empty());
  CHECK(name_kept_of("123456789012345") == "123456789012345");
  CHECK(beat::this_thread_name() == before);
}

TEST_CASE("a long thread name is cut between two UTF-8 characters", "[topology]") {
  CHECK(name_kept_of("1234567890123456789") == "123456789012345");
  CHECK(name_kept_of("1234567890123\xC3\xA9") == "1234567890123\xC3\xA9");
  CHECK(name_kept_of("12345678901234\xC3\xA9") == "12345678901234");
  CHECK(name_kept_of("123456789012\xE2\x82\xAC\xE2\x82\xAC") == "123456789012\xE2\x82\xAC");
  CHECK(name_kept_of("12345678901\xF0\x9F\x98\x80") == "12345678901\xF0\x9F\x98\x80");
  CHECK(name_kept_of("123456789012\xF0\x9F\x98\x80") == "123456789012");
}

#else

TEST_CASE("without the operating system binding is not supported", "[topology]") {
  WARN("This build has no threads bound to CPUs: only the refusal is tested.");
  beat::cpu_set const before = beat::this_thread_affinity();
  std::error_code failure;
  beat::cpu_set affinity;
  on_a_thread([&] {
    failure = beat::bind_this_thread({0}).error();
    affinity = beat::this_thread_affinity();
  });
  CHECK(failure == beat::errc::not_supported);
  CHECK(affinity == before);
}

TEST_CASE("without the operating system threads have no names", "[topology]") {
  WARN("This build has no thread names: only their absence is tested.");
  CHECK(name_kept_of("beat worker 3").empty());
}

#endif
