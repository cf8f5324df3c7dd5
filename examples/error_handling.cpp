// SPDX-License-Identifier: MIT
// error_handling: where an exception goes, for each way to give work to a pool; and what beat itself reports.

#include <beat.hpp>

#include <atomic>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <system_error>

namespace {

bool all_as_expected = true;

void check(bool as_expected, char const* what) {
  std::cout << (as_expected ? "yes: " : "NO:  ") << what << '\n';
  all_as_expected = all_as_expected && as_expected;
}

template <class F>
std::string message_from(F&& f) {
  try {
    f();
  } catch (std::exception const& e) {
    return e.what();
  }
  return "nothing was thrown";
}

template <class F>
std::error_code code_from(F&& f) {
  try {
    f();
  } catch (beat::error const& e) {
    return e.code();
  }
  return {};
}

[[noreturn]] void fail(char const* message) { throw std::runtime_error{message}; }

}  // namespace

int main() {
  std::atomic<int> handled{0};
  beat::ThreadPool pool{{.on_exception = [&](std::exception_ptr) { ++handled; }}};

  // Your exceptions pass through unchanged, to whoever waits.
  bool last_side_ended = false;
  auto const three_sides = [&] {
    beat::join([] { fail("first"); }, [] { fail("second"); }, [&] { last_side_ended = true; });
  };
  check(message_from([&] { pool.run(three_sides); }) == "first", "join: the leftmost exception arrives");
  check(last_side_ended, "join: all sides run to their end");
  auto answer = pool.submit([]() -> int { fail("no answer"); });
  check(message_from([&] { answer.get(); }) == "no answer", "submit: get() throws what the task threw");
  auto const body = [](int i) { i == 500 ? fail("bad element") : void(); };
  check(message_from([&] { beat::parallel_for(pool, 0, 1000, body); }) == "bad element",
        "parallel_for: what the body threw arrives, once no part of the loop runs any more");
  pool.post([] { fail("nobody waits for this"); });
  pool.wait();
  check(handled == 1, "post: on_exception gets what the task threw");

  // What beat itself reports is a beat::error with a code.
  check(code_from([&] { answer.get(); }) == beat::errc::no_state, "a future gives its result once");
  auto endless = pool.submit([&] { pool.wait(); });
  check(code_from([&] { endless.get(); }) == beat::errc::self_wait, "a task can't wait for the pool that runs it");
  pool.shutdown();
  check(code_from([&] { pool.post([] {}); }) == beat::errc::pool_shutdown, "after its shutdown a pool takes no work");
  check(pool.try_post([] {}).error() == beat::errc::pool_shutdown, "try_post says so without an exception");
  return all_as_expected ? 0 : 1;
}
