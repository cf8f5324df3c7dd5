// SPDX-License-Identifier: MIT
// parallel_deterministic_reduce: the same bits for any number of workers; the value; what throws; what stops it.

#include <beat.hpp>
#include <bit>
#include <functional>
#include <numeric>
#include <stop_token>
#include <vector>

#include "algorithm/random_inputs.hpp"
#include "catch.hpp"

TEST_CASE("parallel_deterministic_reduce gives the same bits for 1, 2, 3 and 64 workers", "[algorithm]") {
  std::size_t const size = GENERATE(1U, 2U, 65U, 1'000U, 100'001U, 1'000'000U);
  beat::random random{size};
  std::vector<double> numbers(size);
  for (double& n : numbers) n = static_cast<double>(random.next()) / static_cast<double>(random.below(1 << 30) + 1);
  std::vector<std::uint64_t> bits;
  for (unsigned const workers : {1U, 2U, 3U, 64U}) {
    beat::ThreadPool pool{workers};
    for (int round = 0; round < 5; ++round) {
      bits.push_back(std::bit_cast<std::uint64_t>(beat::parallel_deterministic_reduce(pool, numbers, 0.5)));
      bits.push_back(std::bit_cast<std::uint64_t>(beat::parallel_deterministic_reduce(
          pool, numbers, 0.5, [](double a, double b) { return a + b; }, [](double x) { return 1 / x; })));
    }
  }
  for (std::size_t i = 2; i < bits.size(); ++i) CHECK(bits[i] == bits[i - 2]);
}

TEST_CASE("parallel_deterministic_reduce gives what the serial one gives, elements in their order", "[algorithm]") {
  using random_inputs::affine;
  CHECK(random_inputs::first_wrong([](beat::context where, beat::random& random, std::size_t size) {
          std::vector<int> const numbers = random_inputs::random_numbers(random, size);
          affine expected{5, 6};
          for (int const n : numbers) expected = random_inputs::then(expected, random_inputs::make_affine(n));
          auto const then = [](affine const& f, affine const& g) {
            random_inputs::hand_over();
            return random_inputs::then(f, g);
          };
          return beat::parallel_deterministic_reduce(where, numbers, affine{5, 6}, then, random_inputs::make_affine) ==
                 expected;
        }) == "");
}

TEST_CASE("parallel_deterministic_reduce passes on what is thrown, and leaks nothing", "[algorithm]") {
  using random_inputs::move_only;
  unsigned const workers = GENERATE(1U, 4U);
  auto& pool = random_inputs::pool_of<random_inputs::eager_pool>(workers);
  random_inputs::is_eager = true;
  std::vector<int> const numbers(200, 1);
  long const blown = random_inputs::blow_each([&](random_inputs::fuse& fuse) {
    auto const plus = random_inputs::with_fuse(fuse, [](move_only const& a, move_only const& b) {
      random_inputs::hand_over();
      return move_only{a.value + b.value};
    });
    auto const make = random_inputs::with_fuse(fuse, [](int n) { return move_only{n}; });
    if (beat::parallel_deterministic_reduce(pool, numbers, move_only{}, plus, make).value != 200) throw 0;
  });
  random_inputs::is_eager = false;
  CHECK(blown == 400);
}

TEST_CASE("parallel_deterministic_reduce can be stopped", "[algorithm]") {
  beat::ThreadPool pool{2};
  std::vector<int> const numbers(100'000, 1);
  std::stop_source source;
  std::atomic<int> calls{0};
  auto const plus = [&](int a, int b) {
    if (++calls == 2'000) source.request_stop();
    return a + b;
  };
  try {
    static_cast<void>(beat::parallel_deterministic_reduce(pool, numbers, 0, plus, {}, {.stop = source.get_token()}));
    FAIL("it was not stopped");
  } catch (beat::error const& e) {
    CHECK(e.code() == beat::errc::cancelled);
  }
  CHECK(calls < 2'100);
}
