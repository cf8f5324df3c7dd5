// SPDX-License-Identifier: MIT
// quicksort: a recursive function template becomes parallel with one join, and no cut-off.

#include <beat.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <iostream>
#include <iterator>
#include <random>
#include <vector>

namespace {

template <std::random_access_iterator Iterator>
auto median_of_three(Iterator first, Iterator last) {
  auto a = *first, b = first[(last - first) / 2], c = last[-1];
  return std::max(std::min(a, b), std::min(std::max(a, b), c));
}

/// Sorts [first, last). Inside of a pool both halves may be sorted in parallel; elsewhere this is plain recursion.
template <std::random_access_iterator Iterator>
void quicksort(Iterator first, Iterator last) {
  if (last - first < 2) return;
  auto const pivot = median_of_three(first, last);
  Iterator const less = std::partition(first, last, [&](auto const& element) { return element < pivot; });
  Iterator const greater = std::partition(less, last, [&](auto const& element) { return !(pivot < element); });
  beat::join([=] { quicksort(first, less); }, [=] { quicksort(greater, last); });
}

template <class F>
double milliseconds(F&& f) {
  auto const start = std::chrono::steady_clock::now();
  f();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

int main() {
  std::vector<int> serial(2'000'000);
  std::ranges::generate(serial, std::mt19937{1});
  std::vector<int> parallel = serial;
  std::vector<int> standard = serial;

  beat::ThreadPool pool;
  double const serial_time = milliseconds([&] { quicksort(serial.begin(), serial.end()); });
  double const parallel_time = milliseconds([&] { pool.run([&] { quicksort(parallel.begin(), parallel.end()); }); });
  double const standard_time = milliseconds([&] { std::ranges::sort(standard); });

  std::cout << "sorting " << serial.size() << " integers:\n"
            << "  quicksort, outside of a pool  " << serial_time << " ms\n"
            << "  quicksort, " << pool.workers() << " workers          " << parallel_time << " ms\n"
            << "  std::sort                     " << standard_time << " ms\n";
  return std::ranges::is_sorted(parallel) && parallel == standard && serial == standard ? 0 : 1;
}
