// SPDX-License-Identifier: MIT
#include <atomic>
#include <beat.hpp>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "build_kind.hpp"
#include "catch.hpp"
#include "support.hpp"

namespace {

using namespace task_test;

bool is_settled(beat::pool_stats const& s) { return s.submitted == s.completed + s.failed + s.cancelled; }

}  // namespace

TEST_CASE("then gets the value and gives its own", "[unit]") {
  unsigned const workers = GENERATE(1U, 2U, 4U);
  beat::ThreadPool pool{workers};
  int target = 0;
  auto const before = pool.stats();
  CHECK(pool.submit([] { return 20; }).then([](int x) { return x + 1; }).then([](long x) { return 2 * x; }).get() ==
        42);
  CHECK(*pool.submit([] { return std::make_unique<int>(6); }).then([](auto p) { return p; }).get() == 6);
  CHECK(&pool.submit([&]() -> int& { return target; }).then([](int& x) -> int& { return x; }).get() == &target);
  pool.submit([&] { target = 5; }).then([&] { target *= 2; }).get();
  CHECK(target == 10);
  CHECK(pool.submit([] { return counted{8}; }).then([](counted c) { return c.value; }).get() == 8);
  CHECK(counted::live == 0);
  pool.wait();
  auto const did = pool.stats() - before;
  CHECK(did.completed == 11);
  CHECK(is_settled(did));
}

TEST_CASE("then passes an error by what takes a value and shows it to what takes a future", "[unit]") {
  unsigned const workers = GENERATE(1U, 2U);
  beat::ThreadPool pool{workers};
  int calls = 0;
  auto passed = pool.submit([]() -> int { throw counted{3}; }).then([&](int x) { return calls += x; });
  CHECK_THROWS_AS(passed.get(), counted);
  CHECK(calls == 0);
  auto own = pool.submit([] { return 3; }).then([](int x) -> int { throw counted{x}; });
  CHECK_THROWS_AS(own.get(), counted);
  auto shown = pool.submit([]() -> int { throw std::runtime_error{"5"}; }).then([](beat::future<int> f) {
    try {
      return f.get();
    } catch (std::runtime_error const& e) {
      return std::stoi(e.what());
    }
  });
  CHECK(shown.get() == 5);
  CHECK(pool.submit([] {}).then([](beat::future<void> f) { return f.is_ready(); }).get());
  CHECK(counted::live == 0);
}

TEST_CASE("then empties the future and refuses an empty one", "[unit]") {
  beat::ThreadPool pool{1};
  auto first = pool.submit([] { return 1; });
  auto second = first.then([](int x) { return x; });
  CHECK_FALSE(first.valid());
  CHECK(error_of([&] { static_cast<void>(first.then([](int x) { return x; })); }) == beat::errc::no_state);
  CHECK(error_of([&] { first.request_stop(); }) == beat::errc::no_state);
  second.wait();
  CHECK(second.then([](int x) { return x; }).get() == 1);
}

TEST_CASE("a pool that is closed refuses a continuation from outside and leaves the future", "[unit]") {
  beat::ThreadPool pool{1};
  beat::ThreadPool other{1};
  auto f = pool.submit([] { return 1; });
  pool.shutdown();
  CHECK(error_of([&] { static_cast<void>(f.then([](int x) { return x; })); }) == beat::errc::pool_shutdown);
  CHECK(f.valid());
  CHECK(f.then(other, [](int x) { return x + 1; }).get() == 2);
}

TEST_CASE("a chain of ready continuations needs no stack whoever runs it", "[unit]") {
  unsigned const workers = GENERATE(1U, 2U);
  int const how = GENERATE(0, 1, 2, 3);  // ready or not, run by workers or by who waits, or stopped
  int const length = build_kind::is_sanitized ? 5'000 : 100'000;
  std::atomic<int> calls{0};
  impatient_pool pool{workers};
  beat::promise<int> source{pool};
  auto f = source.get_future();
  if (how == 0) source.set_value(0);
  for (int i = 0; i < length; ++i) {
    f = f.then([&](int x) {
      ++calls;
      return x + 1;
    });
  }
  if (how == 1) source.set_value(0);
  if (how == 2) {
    occupation busy{pool};
    source.set_value(0);
    CHECK(f.get() == length);
  } else if (how == 3) {
    CHECK(f.request_stop());
    source.set_value(0);
    CHECK(error_of([&] { f.get(); }) == beat::errc::cancelled);
  } else {
    CHECK(f.get() == length);
  }
  pool.wait();
  CHECK(calls == (how == 3 ? 0 : length));
  CHECK(is_settled(pool.stats()));
}

TEST_CASE("who waits for a continuation runs what it waits for and nothing else", "[unit]") {
  unsigned const workers = GENERATE(1U, 2U);
  impatient_pool pool{workers};
  std::atomic<bool> foreign{false};
  auto const me = std::this_thread::get_id();
  occupation busy{pool};
  auto other = pool.submit([&] { foreign = true; });
  auto where = [] { return std::this_thread::get_id(); };
  auto both = beat::when_all(
      pool.submit(where).then([&](std::thread::id first) { return first == me && where() == me; }), pool.submit(where));
  CHECK(
      both.then([&](auto result) { return std::get<0>(result) && std::get<1>(result) == me && where() == me; }).get());
  CHECK_FALSE(foreign);
  busy.open();
  other.get();
}

TEST_CASE("who waits for the first of several runs none that may take longer", "[unit]") {
  impatient_pool pool{1};
  std::atomic<bool> release{false};
  std::atomic<bool> here{false};
  auto const me = std::this_thread::get_id();
  {
    auto soon = pool.submit([] {});
    auto late = pool.submit([&] {
      here = std::this_thread::get_id() == me;
      wait_for(release);
    });
    auto first = beat::when_any(std::move(soon), std::move(late));
    CHECK(first.get().index == 0);
    release = true;
  }
  pool.wait();
  CHECK_FALSE(here);
}

TEST_CASE("a task that waits for what follows on itself gets an error", "[unit]") {
  beat::ThreadPool pool{1};
  std::atomic<bool> known{false};
  beat::future<void> next;
  std::error_code found;
  auto self = pool.submit([&] {
    wait_for(known);
    found = error_of([&] { next.wait(); });
  });
  next = self.then([] {});
  known = true;
  next.get();
  CHECK(found == beat::errc::self_wait);
}

TEST_CASE("continuations of a pool that stops end as cancelled and none is lost", "[unit]") {
  unsigned const workers = GENERATE(1U, 2U, 4U);
  std::atomic<int> calls{0};
  std::vector<beat::future<int>> ends;
  {
    beat::ThreadPool pool{workers};
    std::thread stopper;
    {
      occupation busy{pool};
      for (int i = 0; i < 100; ++i) {
        ends.push_back(pool.submit([content = counted{1}] { return content.value; }).then([&, c = counted{2}](int x) {
          ++calls;
          return x + c.value;
        }));
      }
      stopper = std::thread{[&] { pool.shutdown(beat::shutdown_mode::stop); }};
      while (pool.try_post([] {})) std::this_thread::yield();
    }
    stopper.join();
    CHECK(is_settled(pool.stats()));
  }
  int cancelled = 0;
  for (auto& f : ends) cancelled += error_of([&] { f.get(); }) == beat::errc::cancelled;
  CHECK(cancelled == 100);
  CHECK(calls == 0);
  CHECK(counted::live == 0);
}

TEST_CASE("a pool that drains runs the continuations of another pool and of a promise", "[unit]") {
  std::atomic<int> sum{0};
  beat::ThreadPool early{2};
  std::thread giver;
  {
    beat::ThreadPool late{1};
    beat::promise<int> source{late};
    static_cast<void>(source.get_future().then([&](int x) { sum += x; }));
    for (int i = 0; i < 100; ++i) {
      auto f = early.submit([] { std::this_thread::yield(); }).then(late, [&] { ++sum; });
      if (i % 2 != 0 && f.request_stop()) ++sum;  // the pool may end before its leader
    }
    giver = std::thread{[held = std::move(source)]() mutable { held.set_value(1'000); }};
  }
  giver.join();
  CHECK(sum == 1'100);
}

TEST_CASE("a promise that is gone abandons its future and one that is kept gives once", "[unit]") {
  beat::ThreadPool pool{1};
  std::optional<beat::promise<int>> source{pool};
  auto f = source->get_future();
  CHECK(error_of([&] { static_cast<void>(source->get_future()); }) == beat::errc::no_state);
  auto next = f.then([](int x) { return x; });
  CHECK_FALSE(next.wait_for(1ms));
  source.reset();
  CHECK(error_of([&] { next.get(); }) == beat::errc::abandoned);

  beat::promise<std::string> kept{pool};
  kept.set_value(3U, 'x');
  CHECK(error_of([&] { kept.set_value("y"); }) == beat::errc::no_state);
  CHECK(kept.get_future().get() == "xxx");
  beat::promise<void> failed{pool};
  failed.set_exception(std::make_exception_ptr(counted{1}));
  CHECK_THROWS_AS(failed.get_future().get(), counted);
  CHECK(counted::live == 0);
}

TEST_CASE("a requested stop cancels what has not begun and is seen by what runs", "[unit]") {
  impatient_pool pool{1};
  std::atomic<bool> begun{false};
  auto const until_stopped = [&](std::stop_token stop) {
    begun = true;
    while (!stop.stop_requested()) std::this_thread::yield();
    return 1;
  };
  auto running = pool.submit(until_stopped);
  CHECK(wait_for(begun));
  auto queued = pool.submit([] { return 2; });
  auto after = pool.submit([] { return 3; }).then([](int x) { return x; });
  CHECK(queued.request_stop());
  CHECK_FALSE(queued.request_stop());
  CHECK(after.request_stop());
  CHECK(error_of([&] { queued.get(); }) == beat::errc::cancelled);
  CHECK(error_of([&] { after.get(); }) == beat::errc::cancelled);
  CHECK_FALSE(running.request_stop());
  CHECK(running.get() == 1);

  begun = false;
  auto chain = pool.submit(until_stopped).then([](int x) { return x; });
  CHECK(wait_for(begun));
  CHECK(chain.request_stop());  // and its leader is asked
  pool.wait();

  begun = false;
  std::stop_source given;
  auto by_options = pool.submit(until_stopped, {.stop = given.get_token()});
  CHECK(wait_for(begun));
  given.request_stop();
  CHECK(by_options.get() == 1);

  begun = false;
  auto all = beat::when_all(pool.submit(until_stopped), pool.submit(until_stopped));
  CHECK(wait_for(begun));
  CHECK_FALSE(all.request_stop());
  CHECK(error_of([&] { all.get(); }) == beat::errc::cancelled);
  pool.wait();
  CHECK(is_settled(pool.stats()));
}

TEST_CASE("wait_until waits until a point in time of any clock", "[unit]") {
  beat::ThreadPool pool{1};
  beat::promise<int> source{pool};
  auto f = source.get_future();
  CHECK_FALSE(f.wait_until(std::chrono::steady_clock::now() + 1ms));
  CHECK_FALSE(f.wait_until(std::chrono::system_clock::now() - 1h));
  source.set_value(1);
  CHECK(f.wait_until(std::chrono::system_clock::now()));
}

TEST_CASE("when_all gives all results in order or the leftmost error", "[unit]") {
  unsigned const workers = GENERATE(1U, 2U, 4U);
  beat::ThreadPool pool{workers};
  int target = 0;
  auto [a, b, c, d] = beat::when_all(pool.submit([] { return 1; }), pool.submit([] { return std::string{"x"}; }),
                                     pool.submit([] {}), pool.submit([&]() -> int& { return target; }))
                          .get();
  CHECK((a == 1 && b == "x" && &d.get() == &target));
  static_cast<void>(c);

  std::vector<beat::future<int>> many;
  int const count = build_kind::is_sanitized ? 1'000 : 50'000;
  many.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) many.push_back(pool.submit([i] { return i; }));
  auto sum = beat::when_all(std::move(many)).then([&](std::vector<int> const& values) {
    int wrong = 0;
    for (int i = 0; i < count; ++i) wrong += values[static_cast<std::size_t>(i)] != i;
    return wrong;
  });
  CHECK(sum.get() == 0);

  std::vector<beat::future<void>> none;
  auto nothing = beat::when_all(std::move(none));
  CHECK(nothing.is_ready());
  CHECK(error_of([&] { static_cast<void>(nothing.then([] {})); }) == beat::errc::invalid_argument);
  nothing.then(pool, [] {}).get();

  std::atomic<int> ended{0};
  auto failed =
      beat::when_all(pool.submit([&] { ++ended; }), pool.submit([]() -> int { throw counted{2}; }),
                     pool.submit([]() -> int { throw std::runtime_error{"right"}; }), pool.submit([&] { ++ended; }));
  CHECK_THROWS_AS(failed.get(), counted);
  CHECK(ended == 2);
  CHECK(error_of([&] { static_cast<void>(beat::when_all(beat::future<int>{})); }) == beat::errc::no_state);
  CHECK(counted::live == 0);
}

TEST_CASE("when_any gives the first and lets the others go on", "[unit]") {
  unsigned const workers = GENERATE(1U, 2U, 4U);
  std::atomic<int> ended{0};
  {
    beat::ThreadPool pool{workers};
    beat::promise<counted> never{pool};
    auto any = beat::when_any(never.get_future(), pool.submit([&] {
      ++ended;
      return counted{3};
    }));
    auto const first = any.get();
    CHECK(first.index == 1);
    CHECK(first.value.value == 3);
    never.set_value(4);  // nobody wants it any more

    std::vector<beat::future<void>> many;
    many.reserve(100);
    for (int i = 0; i < 100; ++i) many.push_back(pool.submit([&] { ++ended; }));
    CHECK(beat::when_any(std::move(many)).then([](auto which) { return which.index; }).get() < 100);

    auto failed = beat::when_any(pool.submit([]() -> int { throw counted{5}; }));
    CHECK_THROWS_AS(failed.get(), counted);
    CHECK(error_of([&] { static_cast<void>(beat::when_any(std::vector<beat::future<int>>{})); }) ==
          beat::errc::invalid_argument);
    CHECK(error_of([&] { static_cast<void>(beat::when_any(beat::future<int>{})); }) == beat::errc::no_state);

    beat::promise<int> source{pool};
    auto left = source.get_future();
    CHECK_FALSE(beat::when_any(std::move(left), beat::when_all(std::vector<beat::future<void>>{}).then(pool, [] {
                  return 1;
                })).request_stop());
  }
  CHECK(ended == 101);
  CHECK(counted::live == 0);
}

TEST_CASE("futures that end while they are followed lose nothing", "[unit]") {
  int const rounds = build_kind::is_sanitized ? 300 : 3'000;
  beat::ThreadPool pool{4};
  beat::ThreadPool other{2};
  int sum = 0;
  int ended = 0;
  int surprises = 0;
  for (int i = 0; i < rounds; ++i) {
    auto a = pool.submit([] { return 1; }).then(other, [](int x) { return x; });
    auto b = pool.submit([] { return 2; });
    auto c = other.submit([] { return 4; }).then(pool, [](int x) { return x; }).then([](int x) { return x; });
    auto d = beat::when_any(pool.submit([] { return 8; }), other.submit([] { return 8; }));
    auto all = beat::when_all(std::move(a), std::move(b), std::move(c), std::move(d)).then([](auto const& values) {
      return std::get<0>(values) + std::get<1>(values) + std::get<2>(values) + std::get<3>(values).value;
    });
    if (i % 3 == 0) std::this_thread::yield();
    sum += all.get();

    auto stopped =
        pool.submit([] { return 1; }).then(other, [](int x) { return x; }).then(pool, [](int x) { return x; });
    if (i % 3 == 1) std::this_thread::yield();
    bool const is_cancelled = stopped.request_stop();
    auto const error = error_of([&] { ended += stopped.get(); });
    surprises += error == std::error_code{} ? is_cancelled : error != beat::errc::cancelled;
  }
  CHECK(surprises == 0);
  CHECK(sum == 15 * rounds);
  CHECK(ended <= rounds);
  pool.wait();
  other.wait();
  CHECK(is_settled(pool.stats()));
  CHECK(is_settled(other.stats()));
}

TEST_CASE("stop is requested of all that a long chain of futures waits for, without a stack that grows", "[unit]") {
  int const links = build_kind::has_small_frames ? 100'000 : 20'000;
  beat::ThreadPool pool{1};
  beat::promise<int> never{pool};
  auto all = never.get_future();
  for (int i = 0; i < links; ++i)
    all = beat::when_all(std::move(all), pool.submit([] {})).then([](auto const& both) { return std::get<0>(both); });
  CHECK(all.request_stop());
  CHECK(error_of([&] { static_cast<void>(all.get()); }) == beat::errc::cancelled);
  never.set_value(1);
  pool.wait();
  CHECK(is_settled(pool.stats()));
}

TEST_CASE("a promise may be destroyed by the one who got its result", "[unit]") {
  int const rounds = build_kind::is_sanitized ? 300 : 3'000;
  beat::ThreadPool pool{1};
  std::atomic<beat::promise<int>*> offered{nullptr};
  std::thread giver{[&] {
    for (int i = 0; i < rounds; ++i) {
      while (offered.load() == nullptr) std::this_thread::yield();
      offered.exchange(nullptr)->set_value(i);
    }
  }};
  int wrong = 0;
  for (int i = 0; i < rounds; ++i) {
    auto source = std::make_unique<beat::promise<int>>(pool);
    auto result = source->get_future();
    offered = source.get();
    while (!result.is_ready()) std::this_thread::yield();
    wrong += result.get() != i;
  }
  giver.join();
  CHECK(wrong == 0);
}

TEST_CASE("a pool that ends inside of a task lets others run while something is on its way to it", "[unit]") {
  beat::ThreadPool pool{1};
  auto const ended = pool.submit([&] {
    auto late = std::make_shared<beat::promise<int>>(pool);
    {
      beat::ThreadPool inner{1};
      auto next = late->get_future().then(inner, [](int x) { return x; });
      static_cast<void>(next.request_stop());
      pool.post([late] { late->set_value(1); });
    }
    return true;
  });
  while (!ended.is_ready()) std::this_thread::yield();
  CHECK(ended.is_ready());
}
