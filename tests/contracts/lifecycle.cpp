// SPDX-License-Identifier: MIT
// Lifecycle: pools that come and go leave nothing behind.

#include <beat.hpp>
#include <filesystem>
#include <iterator>
#include <stdexcept>

#include "catch.hpp"
#include "stress/stress.hpp"

namespace {

using namespace stress;

long open_files() {
  return std::distance(std::filesystem::directory_iterator{"/proc/self/fd"}, std::filesystem::directory_iterator{});
}

/// A pool that works a little.
void live_once(unsigned i) {
  beat::ThreadPool pool{i % 3 + 1};
  if (i % 2 == 0) return;  // most of its threads have not even gone to sleep
  pool.run([] { beat::join([] {}, [] {}); });
  auto answer = pool.submit([] { return 1; });
  pool.post([] {});
  if (i % 4 == 1 && answer.get() != 1) throw std::runtime_error{"wrong result"};
}

}  // namespace

TEST_CASE("10000 pools leave no thread, no file and no memory behind", "[contract]") {
  watchdog const dog{"10000 pools", 110s};
  long const threads = of_this_process("Threads");
  REQUIRE(threads > 0);
  for (unsigned i = 0; i < 1000; ++i) live_once(i);
  long const files = open_files();
  long const memory = of_this_process("VmRSS");
  for (unsigned i = 0; i < 9000; ++i) live_once(i);
  // A thread that was joined may still be on its way out.
  for (int i = 0; i < 1000 && of_this_process("Threads") != threads; ++i) std::this_thread::sleep_for(1ms);
  CHECK(of_this_process("Threads") == threads);
  CHECK(open_files() == files);
  // A sanitizer keeps what was freed for a while.
  if (!build_kind::is_sanitized) CHECK(of_this_process("VmRSS") < memory + 10'000);
}
