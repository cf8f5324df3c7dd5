// SPDX-License-Identifier: MIT
#include <algorithm>
#include <atomic>
#include <beat.hpp>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "build_kind.hpp"
#include "catch.hpp"
#include "support.hpp"

namespace {

using namespace task_test;

/// A source of 0 to `size` - 1.
auto pipeline_counter(int size) {
  return
      [next = 0, size]() mutable -> std::optional<int> { return next < size ? std::optional{next++} : std::nullopt; };
}

/// Sees whether more than one thread is inside at once.
class pipeline_alone {
 public:
  void visit() {
    if (inside_.exchange(true)) is_wrong_ = true;
    inside_ = false;
  }
  bool held() const { return !is_wrong_; }

 private:
  std::atomic<bool> inside_{false};
  std::atomic<bool> is_wrong_{false};
};

/// Moves only.
using pipeline_box = std::unique_ptr<counted>;

}  // namespace

TEST_CASE("values go through the stages of a pipeline in the order that these ask for", "[unit]") {
  beat::ThreadPool pools[] = {beat::ThreadPool{1}, beat::ThreadPool{2}, beat::ThreadPool{4}, beat::ThreadPool{64}};
  int const most = build_kind::is_sanitized ? 300 : 3000;
  bool all = true;
  for (beat::ThreadPool& pool : pools) {
    for (std::size_t const tokens : {0U, 1U, 2U, 3U, 7U, 64U}) {
      for (int const size : {0, 1, 2, 5, most}) {
        std::vector<int> ordered, last;
        std::vector<std::atomic<int>> seen(static_cast<std::size_t>(size));
        pipeline_alone first_stage, second_stage;
        beat::pipeline p{pipeline_counter(size),
                         beat::parallel([](int i) { return std::to_string(i); }),
                         beat::serial_out_of_order([&](std::string text) {
                           second_stage.visit();
                           return std::stol(text);
                         }),
                         beat::serial_in_order([&](long i) {
                           first_stage.visit();
                           ordered.push_back(static_cast<int>(i));
                           return std::make_unique<int>(static_cast<int>(i));
                         }),
                         beat::parallel([&](std::unique_ptr<int> i) {
                           ++seen[static_cast<std::size_t>(*i)];
                           return *i;
                         }),
                         beat::serial_in_order([&](int i) { last.push_back(i); })};
        std::uint64_t const passed = p.run(pool, {.tokens = tokens});
        all = all && passed == static_cast<std::uint64_t>(size) && ordered.size() == passed && last == ordered &&
              std::is_sorted(ordered.begin(), ordered.end()) && first_stage.held() && second_stage.held() &&
              std::all_of(seen.begin(), seen.end(), [](auto const& n) { return n == 1; });
      }
    }
  }
  CHECK(all);
}

TEST_CASE("a pipeline runs again and inside of a task and outside of pools", "[unit]") {
  beat::ThreadPool pool{2};
  int next = 0, limit = 0;
  long sum = 0;
  beat::pipeline p{[&]() -> std::optional<int> { return next < limit ? std::optional{next++} : std::nullopt; },
                   beat::parallel([](int i) { return 2 * i; }), beat::serial_out_of_order([&](int i) { sum += i; })};
  for (limit = 0; limit < 500; limit += 100) p.run(pool);
  CHECK(sum == 399 * 400);
  limit = 600;
  CHECK(pool.run([&] { return p.run(beat::here()); }) == 200);
  limit = 700;
  CHECK(p.run(beat::here(), {.tokens = 3}) == 100);
  CHECK(sum == 699 * 700);
  CHECK(p.run(pool) == 0);
}

TEST_CASE("a pipeline holds no more values than it has tokens", "[unit]") {
  beat::ThreadPool pool{4};
  std::atomic<int> on_the_way{0}, most{0};
  int left = 2000;
  beat::pipeline p{[&]() -> std::optional<int> {
                     if (left-- == 0) return {};
                     int const now = ++on_the_way;
                     if (now > most) most = now;
                     return now;
                   },
                   beat::parallel([](int i) { return i; }), beat::serial_in_order([&](int) { --on_the_way; })};
  CHECK(p.run(pool, {.tokens = 5}) == 2000);
  CHECK(most <= 5);
  CHECK(on_the_way == 0);
}

TEST_CASE("a pipeline of a source alone and one whose stages return nothing", "[unit]") {
  beat::ThreadPool pool{2};
  int asked = 0, with = 0, without = 0;
  beat::pipeline alone{[&]() -> std::optional<int> { return ++asked < 100 ? std::optional{1} : std::nullopt; }};
  alone.run(pool);
  CHECK(asked == 100);
  beat::pipeline p{pipeline_counter(100), beat::serial_in_order([&](int) { ++with; }),
                   beat::serial_in_order([&] { ++without; })};
  CHECK(p.run(pool) == 100);
  CHECK(with == 100);
  CHECK(without == 100);
}

TEST_CASE("an exception in any place of a pipeline arrives once everything has ended", "[unit]") {
  beat::ThreadPool pools[] = {beat::ThreadPool{1}, beat::ThreadPool{4}};
  constexpr int size = 12;
  bool all = true;
  for (beat::ThreadPool& pool : pools) {
    for (int place = 0; place < 4; ++place) {
      for (int at = 0; at < size; ++at) {
        auto const pass = [&](int where, pipeline_box b) {
          if (where == place && b->value == at) throw std::runtime_error{std::to_string(where)};
          return b;
        };
        std::atomic<int> inside{0};
        int next = 0;
        beat::pipeline p{[&]() -> std::optional<pipeline_box> {
                           if (next == size) return {};
                           return pass(0, std::make_unique<counted>(next++));
                         },
                         beat::serial_in_order([&](pipeline_box b) { return pass(1, std::move(b)); }),
                         beat::parallel([&](pipeline_box b) {
                           ++inside;
                           struct leave {
                             std::atomic<int>& n;
                             ~leave() { --n; }
                           } const afterwards{inside};
                           return pass(2, std::move(b));
                         }),
                         beat::serial_out_of_order([&](pipeline_box b) { return pass(3, std::move(b)); })};
        all = all && message_of([&] { p.run(pool, {.tokens = 4}); }) == std::to_string(place);
        all = all && counted::live == 0 && inside == 0;
        place += 100;  // and goes on with what is left
        int const left = size - next;
        all = all && p.run(pool, {.tokens = 4}) == static_cast<std::uint64_t>(left) && counted::live == 0;
        place -= 100;
      }
    }
  }
  CHECK(all);
}

TEST_CASE("a stage that throws ends a pipeline whose source has no end", "[unit]") {
  unsigned const workers = GENERATE(1U, 4U);
  beat::ThreadPool pool{workers};
  bool are_gone = true;
  beat::pipeline p{[&]() -> std::optional<counted> {
                     are_gone = are_gone && counted::live == 0;  // with one token the value before is gone
                     return counted{1};
                   },
                   beat::serial_in_order([n = 0](counted const&) mutable {
                     if (++n == 100) throw std::runtime_error{"bad value"};
                   })};
  CHECK(message_of([&] { p.run(pool, {.tokens = 1}); }) == "bad value");
  CHECK(are_gone);
  CHECK(counted::live == 0);
}

TEST_CASE("a stop token ends a pipeline", "[unit]") {
  unsigned const workers = GENERATE(1U, 4U);
  beat::ThreadPool pool{workers};
  std::stop_source stop;
  std::atomic<int> late{0};
  int count = 0;
  beat::pipeline p{[]() -> std::optional<counted> { return counted{1}; },  // without an end
                   beat::parallel([&](counted c) {
                     if (stop.stop_requested()) ++late;
                     return c;
                   }),
                   beat::serial_in_order([&](counted const&) {
                     if (++count == 1000) stop.request_stop();
                   })};
  CHECK(error_of([&] { p.run(pool, {.stop = stop.get_token()}); }) == beat::errc::cancelled);
  CHECK(count == 1000);
  CHECK(late <= 4);
  CHECK(counted::live == 0);
  CHECK(error_of([&] { p.run(beat::here(), {.stop = stop.get_token()}); }) == beat::errc::cancelled);
  CHECK(count == 1000);
}

TEST_CASE("a thread goes on with other values while a serial stage is busy", "[unit]") {
  beat::ThreadPool pool{2};
  std::atomic<bool> others_done{false}, is_stuck{false};
  std::atomic<int> through{0};
  constexpr int tokens = 8;
  beat::pipeline p{pipeline_counter(tokens), beat::parallel([&](int i) {
                     if (++through == tokens) others_done = true;
                     return i;
                   }),
                   beat::serial_in_order([&](int i) {
                     if (i == 0 && !wait_for(others_done)) is_stuck = true;  // the others come meanwhile, and stay
                   })};
  CHECK(p.run(pool, {.tokens = tokens}) == tokens);
  CHECK(!is_stuck);
}

TEST_CASE("pipelines run inside of the stages of others", "[unit]") {
  beat::ThreadPool pool{4};
  std::atomic<long> sum{0};
  beat::pipeline outer{pipeline_counter(20), beat::parallel([&](int) {
                         beat::pipeline inner{pipeline_counter(50), beat::parallel([](int i) { return i; }),
                                              beat::serial_in_order([&](int i) { sum += i; })};
                         return inner.run(beat::here());
                       }),
                       beat::serial_in_order([&](std::uint64_t n) { sum += static_cast<long>(n); })};
  CHECK(outer.run(pool) == 20);
  CHECK(sum == 20 * (49 * 50 / 2 + 50));
}

TEST_CASE("a stage may return a reference into its argument", "[unit]") {
  beat::ThreadPool pool{2};
  std::string all;
  beat::pipeline p{[next = 0]() mutable -> std::optional<std::string> {
                     return next < 3 ? std::optional{std::string(100, static_cast<char>('a' + next++))} : std::nullopt;
                   },
                   beat::parallel([](std::string&& s) -> std::string&& {
                     s += '.';
                     return std::move(s);
                   }),
                   beat::serial_in_order([&](std::string const& s) { all += s; })};
  CHECK(p.run(pool) == 3);
  CHECK(all == std::string(100, 'a') + '.' + std::string(100, 'b') + '.' + std::string(100, 'c') + '.');
}
