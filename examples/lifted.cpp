// SPDX-License-Identifier: MIT
// lifted: one function for an element and for whole ranges of them.

#include <beat.hpp>

#include <chrono>
#include <cmath>
#include <iostream>
#include <string>
#include <vector>

namespace {

// Called with numbers this is std::hypot, and costs nothing more.
constexpr auto length = beat::auto_parallelize([](double x, double y) { return std::hypot(x, y); },
                                               beat::cost_hint{std::chrono::nanoseconds{20}});
// Without a hint, the first calls tell what a call costs.
constexpr auto digits = beat::auto_parallelize([](int i) { return std::to_string(i).size(); });

}  // namespace

int main() {
  beat::ThreadPool pool;
  std::vector<double> const xs(100'000, 3), ys(100'000, 4);

  double const one = length(3.0, 4.0);
  std::vector<double> const all = length(pool, xs, ys);                              // 2 ms: in parallel
  std::vector<double> const few = length(pool, std::vector{3.0}, std::vector{4.0});  // 20 ns: here
  std::vector<std::size_t> const counted =
      pool.run([] { return digits(std::vector{7, 42, 1000}); });  // in the pool whose task this is

  bool refused = false;
  try {
    static_cast<void>(length(pool, xs, few));
  } catch (beat::error const& e) {
    refused = e.code() == beat::errc::size_mismatch;
    std::cout << "refused: " << e.what() << '\n';
  }

  bool const as_expected = one == 5 && all == std::vector<double>(100'000, 5) && few.front() == 5 &&
                           counted == std::vector<std::size_t>{1, 2, 4} && refused;
  std::cout << (as_expected ? "all as expected\n" : "something is NOT as expected\n");
  return as_expected ? 0 : 1;
}
