// SPDX-License-Identifier: MIT
// Loops by policies: what they throw once elements have failed, and that they visit everything once, however they are
// cut.

#include <algorithm>
#include <atomic>
#include <beat.hpp>
#include <exception>
#include <ranges>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "random_inputs.hpp"
#include "stop_request.hpp"
#include "task/support.hpp"

namespace {

using beat::error_policy;

/// Which elements threw, where each throws its index.
std::vector<int> thrown_by(beat::aggregate_error const& e) {
  std::vector<int> all;
  for (auto const& [index, error] : e.errors()) {
    try {
      std::rethrow_exception(error);
    } catch (int i) {
      all.push_back(static_cast<std::size_t>(i) == index ? i : -1);
    }
  }
  return all;
}

beat::chunk_policy random_chunks(beat::random& random) {
  switch (random.below(4)) {
    case 0:
      return beat::chunks::adaptive;
    case 1:
      return beat::chunks::even;
    case 2:
      return beat::chunks::guided;
    default:
      return beat::chunk_policy::of_size(1 + random.below(100));
  }
}

}  // namespace

TEST_CASE("a loop that collects all exceptions visits all elements and throws all", "[algorithm]") {
  CHECK(random_inputs::first_wrong(
            [](beat::context where, beat::random& random, std::size_t size) {
              std::uint32_t const rarity = 1 + random.below(100);
              std::vector<int> bad(size), expected;
              for (std::size_t i = 0; i < size; ++i)
                if (random.below(rarity) == 0) bad[i] = 1, expected.push_back(static_cast<int>(i));
              std::vector<int> visits(size);
              std::vector<int> caught;
              try {
                beat::parallel_for(where, std::size_t{0}, size,
                                   [&](std::size_t i) {
                                     random_inputs::hand_over();
                                     ++visits[i];
                                     if (bad[i] != 0) throw static_cast<int>(i);
                                   },
                                   {.errors = error_policy::collect_all, .chunks = random_chunks(random)});
              } catch (beat::aggregate_error const& e) {
                caught = thrown_by(e);
                if (e.elements() != size || caught.empty()) return false;
              }
              return caught == expected && std::ranges::count(visits, 1) == static_cast<std::ptrdiff_t>(size);
            },
            build_kind::is_sanitized ? 1'000 : 10'000) == "");
}

TEST_CASE("a loop that throws the first exception by index begins all elements before it", "[algorithm]") {
  CHECK(random_inputs::first_wrong(
            [](beat::context where, beat::random& random, std::size_t size) {
              auto const first = random.below(static_cast<std::uint32_t>(size) + 1);
              std::uint32_t const rarity = 1 + random.below(100);
              std::vector<int> bad(size), visits(size);
              if (first < size) bad[first] = 1;
              for (std::size_t i = first; i < size; ++i) bad[i] |= random.below(rarity) == 0;
              std::size_t caught = size;
              try {
                std::vector<int> const done =
                    beat::parallel_map(where, std::views::iota(std::size_t{0}, size),
                                       [&](std::size_t i) {
                                         random_inputs::hand_over();
                                         ++visits[i];
                                         if (bad[i] != 0) throw i;
                                         return 1;
                                       },
                                       {.errors = error_policy::first_by_index, .chunks = random_chunks(random)});
                if (done.size() != size) return false;
              } catch (std::size_t i) {
                caught = i;
              }
              return caught == std::min<std::size_t>(first, size) &&
                     std::count(visits.begin(), visits.begin() + static_cast<std::ptrdiff_t>(caught), 1) ==
                         static_cast<std::ptrdiff_t>(caught) &&
                     std::ranges::none_of(visits, [](int n) { return n > 1; });
            },
            build_kind::is_sanitized ? 1'000 : 10'000) == "");
}

TEST_CASE("loops in chunks of every kind visit everything once", "[algorithm]") {
  CHECK(random_inputs::first_wrong(
            [](beat::context where, beat::random& random, std::size_t size) {
              std::vector<int> visits(size);
              beat::parallel_for_each(where, visits, [](int& n) { random_inputs::hand_over(), ++n; },
                                      {.chunks = random_chunks(random)});
              return std::ranges::count(visits, 1) == static_cast<std::ptrdiff_t>(size);
            },
            build_kind::is_sanitized ? 2'000 : 30'000) == "");
}

TEST_CASE("a chunk runs on one thread from its first element to its last", "[algorithm]") {
  auto& pool = random_inputs::pool_of<random_inputs::eager_pool>(4);
  random_inputs::is_eager = true;
  for (int round = 0; round < 200; ++round) {
    std::vector<std::thread::id> runners(1000);
    beat::parallel_for(pool, 0U, 1000U,
                       [&](unsigned i) {
                         random_inputs::hand_over();
                         runners[i] = std::this_thread::get_id();
                       },
                       {.chunks = beat::chunks::grain<64>});
    for (std::size_t i = 0; i < runners.size(); ++i) REQUIRE(runners[i] == runners[i / 64 * 64]);
  }
  random_inputs::is_eager = false;
}

TEST_CASE("chunk lengths", "[algorithm]") {
  CHECK(beat::chunks::even.length(10, 4) == 3);
  CHECK(beat::chunks::even.length(8, 4) == 2);
  CHECK(beat::chunks::guided.length(10, 4) == 0);
  CHECK(beat::chunks::grain<7>.length(10, 4) == 7);
  CHECK(beat::loop_options{}.chunks == beat::chunks::adaptive);
}

TEST_CASE("an aggregate error says how many failed and why the first did", "[algorithm]") {
  beat::ThreadPool& pool = random_inputs::pool_of<beat::ThreadPool>(2);
  auto const message_of = [&](auto body) -> std::string {
    try {
      beat::parallel_for(pool, 0, 50, body, {.errors = error_policy::collect_all});
    } catch (beat::aggregate_error const& e) {
      beat::aggregate_error const copy = e;
      CHECK(copy.code() == beat::errc::elements_failed);
      CHECK(copy.errors().data() == e.errors().data());
      return copy.what();
    }
    return "";
  };
  auto const fails = [](int i) {
    if (i % 20 == 7) throw std::runtime_error{"no more paper at " + std::to_string(i)};
  };
  CHECK(message_of(fails).find("3 of 50 elements failed, the first at index 7: no more paper at 7: ") == 0);
  CHECK(message_of([](int i) {
          if (i == 3) throw i;
        }).find("1 of 50 elements failed, the first at index 3: an exception that is no std::exception: ") == 0);
  CHECK(message_of([](int) {}) == "");
}

TEST_CASE("a loop with policies can be stopped", "[algorithm]") {
  unsigned const workers = GENERATE(1U, 2U, 4U);
  auto const errors = GENERATE(error_policy::collect_all, error_policy::first_by_index, error_policy::fail_fast);
  beat::ThreadPool& pool = random_inputs::pool_of<beat::ThreadPool>(workers);
  algorithm_test::stop_request stop;
  std::error_code const code = task_test::error_of([&] {
    beat::parallel_for(pool, 0, 100'000, [&](int i) { stop.begin(i == 100); },
                       {.stop = stop.token(), .errors = errors, .chunks = beat::chunks::even});
  });
  CHECK(code == beat::errc::cancelled);
  CHECK(stop.late() <= workers);  // those that had looked at the token already
}
