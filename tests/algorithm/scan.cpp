// SPDX-License-Identifier: MIT
// The scans: the sums, whatever the operation and however it was shared; what throws; what stops it.

#include <algorithm>
#include <beat.hpp>
#include <functional>
#include <list>
#include <numeric>
#include <stop_token>
#include <string>
#include <vector>

#include "algorithm/random_inputs.hpp"
#include "catch.hpp"

namespace {

template <class Input, class Output>
concept can_scan = requires(beat::ThreadPool& pool, Input& input, Output& output) {
  beat::parallel_inclusive_scan(pool, input, output);
  beat::parallel_exclusive_scan(pool, input, output, 0);
};

static_assert(can_scan<std::vector<int> const, std::vector<long>>);
static_assert(!can_scan<std::list<int>, std::vector<int>>);
static_assert(!can_scan<std::vector<int>, std::vector<int> const>);
static_assert(!can_scan<std::vector<int>, std::vector<std::vector<int>>>);

using random_inputs::affine;

auto const shared_then = [](affine const& f, affine const& g) {
  random_inputs::hand_over();
  return random_inputs::then(f, g);
};

/// The scans of the standard library, with a projection.
std::vector<affine> scan_of(std::vector<int> const& numbers, affine const& init, bool is_inclusive) {
  std::vector<affine> sums(numbers.size());
  if (is_inclusive)
    std::transform_inclusive_scan(numbers.begin(), numbers.end(), sums.begin(), random_inputs::then,
                                  random_inputs::make_affine, init);
  else
    std::transform_exclusive_scan(numbers.begin(), numbers.end(), sums.begin(), init, random_inputs::then,
                                  random_inputs::make_affine);
  return sums;
}

}  // namespace

TEST_CASE("the scans give what the serial ones give, the operation need not be commutative", "[algorithm]") {
  affine const init{3, 4};
  CHECK(random_inputs::first_wrong([&](beat::context where, beat::random& random, std::size_t size) {
          std::vector<int> const numbers = random_inputs::random_numbers(random, size);
          std::vector<affine> sums(size);
          if (random.below(2) == 0) {
            beat::parallel_inclusive_scan(where, numbers, sums, init, shared_then, random_inputs::make_affine);
            return sums == scan_of(numbers, init, true);
          }
          affine const all =
              beat::parallel_exclusive_scan(where, numbers, sums, init, shared_then, random_inputs::make_affine);
          affine expected = init;
          for (int const n : numbers) expected = random_inputs::then(expected, random_inputs::make_affine(n));
          return sums == scan_of(numbers, init, false) && all == expected;
        }) == "");
}

TEST_CASE("the scans work in place, and by std::plus", "[algorithm]") {
  CHECK(random_inputs::first_wrong(
            [&](beat::context where, beat::random& random, std::size_t size) {
              std::vector<int> const numbers = random_inputs::random_numbers(random, size);
              std::vector<double> values(numbers.begin(), numbers.end());  // whole numbers, whose sums are exact
              for (double& v : values) v = static_cast<double>(static_cast<long>(v) % 1000);
              std::vector<double> expected(size);
              if (random.below(2) == 0) {
                std::inclusive_scan(values.begin(), values.end(), expected.begin());
                beat::parallel_inclusive_scan(where, values, values);
              } else {
                std::exclusive_scan(values.begin(), values.end(), expected.begin(), 5.0);
                beat::parallel_exclusive_scan(where, values, values, 5.0);
              }
              return values == expected;
            },
            build_kind::is_sanitized ? 2'000 : 20'000) == "");
}

TEST_CASE("a scan is shared, and others look ahead", "[algorithm]") {
  beat::ThreadPool pool{4};
  std::vector<std::string> const words(20'000, "a");
  std::vector<std::size_t> sums(words.size());
  auto const slow = [](std::size_t a, std::size_t b) {
    for (int i = 0; i < 10; ++i) std::atomic_signal_fence(std::memory_order_seq_cst);
    return a + b;
  };
  std::size_t right = 0;
  for (int round = 0; round < 200 && pool.stats().jobs_stolen == 0; ++round) {  // a thief may be late
    beat::parallel_inclusive_scan(pool, words, sums, slow, &std::string::size);
    for (std::size_t i = 0; i < sums.size(); ++i) right += sums[i] == i + 1 ? 1U : 0U;
    REQUIRE(std::exchange(right, 0) == sums.size());
  }
  CHECK(pool.stats().jobs_stolen > 0);
}

TEST_CASE("a scan of no elements gives what it was given", "[algorithm]") {
  beat::ThreadPool pool{2};
  std::vector<std::string> none;
  beat::parallel_inclusive_scan(pool, none, none);
  CHECK(beat::parallel_exclusive_scan(pool, none, none, std::string{"init"}) == "init");
}

TEST_CASE("a scan refuses an output of another size", "[algorithm]") {
  beat::ThreadPool pool{1};
  std::vector<int> const input(3);
  std::vector<int> output(2);
  auto const code = [](auto scan) {
    try {
      scan();
    } catch (beat::error const& e) {
      return e.code();
    }
    return std::error_code{};
  };
  CHECK(code([&] { beat::parallel_inclusive_scan(pool, input, output); }) == beat::errc::size_mismatch);
  CHECK(code([&] { beat::parallel_inclusive_scan(pool, input, output, 0); }) == beat::errc::size_mismatch);
  CHECK(code([&] { beat::parallel_exclusive_scan(pool, input, output, 0); }) == beat::errc::size_mismatch);
}

TEST_CASE("a scan passes on what its operation, projection or sums throw, and leaks none of them", "[algorithm]") {
  using random_inputs::fragile;
  unsigned const workers = GENERATE(1U, 4U);
  auto& pool = random_inputs::pool_of<random_inputs::eager_pool>(workers);
  random_inputs::is_eager = true;
  std::vector<int> const numbers(40, 1);
  long const blown = random_inputs::blow_each([&](random_inputs::fuse& fuse) {
    std::vector<fragile> sums;
    sums.reserve(numbers.size());
    for (int const n : numbers) sums.emplace_back(n);
    auto const plus = random_inputs::with_fuse(fuse, [](fragile const& a, fragile const& b) {
      random_inputs::hand_over();
      return fragile{a.value + b.value};
    });
    auto const make = random_inputs::with_fuse(fuse, [](int n) { return fragile{n}; });
    beat::parallel_inclusive_scan(pool, numbers, sums, plus, make);
    beat::parallel_exclusive_scan(pool, numbers, sums, fragile{0}, plus, make);
  });
  random_inputs::is_eager = false;
  CHECK(blown > 200);
}

TEST_CASE("a scan can be stopped, and begins no element once it is", "[algorithm]") {
  beat::ThreadPool pool{2};
  std::vector<int> const numbers(10'000, 1);
  std::vector<int> sums(numbers.size());
  std::stop_source source;
  std::atomic<int> calls{0}, late{0};
  auto const plus = [&](int a, int b) {
    if (source.stop_requested()) ++late;
    if (++calls == 2'000) source.request_stop();
    return a + b;
  };
  auto const code = [&](auto scan) {
    try {
      scan(beat::loop_options{.stop = source.get_token()});
    } catch (beat::error const& e) {
      return e.code();
    }
    return std::error_code{};
  };
  CHECK(code([&](auto const& options) { beat::parallel_exclusive_scan(pool, numbers, sums, 0, plus, {}, options); }) ==
        beat::errc::cancelled);
  CHECK(late <= 4);  // the other worker's, between its look at the token and its call, and two summaries
  calls = 0;
  CHECK(code([&](auto const& options) { beat::parallel_inclusive_scan(pool, numbers, sums, plus, {}, options); }) ==
        beat::errc::cancelled);
  CHECK(calls == 0);
}
